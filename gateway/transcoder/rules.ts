import type { DescField, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import { getOption, hasOption } from "@bufbuild/protobuf";
import { http } from "../../gen/google/api/annotations_pb.js";
import type { HttpRule } from "../../gen/google/api/http_pb.js";
import { parseTemplate, type Template } from "./template.ts";

/** One HTTP binding of one RPC: `google.api.http` or one of its `additional_bindings`, checked. */
export interface Rule {
  readonly method: DescMethod;
  /** Upper case; `*` for any method no other rule of the path names. */
  readonly httpMethod: string;
  readonly template: Template;
  /** Fields each template variable is bound to, outermost first; same order as `template.variables`. */
  readonly variables: readonly (readonly DescField[])[];
  /** Where the request body goes: nowhere, into the whole message, or into one field. */
  readonly body: "none" | "message" | DescField;
  /** What the response body is: the whole message or one field of it. */
  readonly responseBody: "message" | DescField;
}

/** A `google.api.http` option that cannot be served. Thrown when routes are built, never on a request. */
export class RuleError extends Error {
  constructor(method: DescMethod, problem: string, cause?: unknown) {
    super(`${methodName(method)}: google.api.http: ${problem}`, { cause });
    this.name = "RuleError";
  }
}

/** `package.Service/Method`. */
export function methodName(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

/** The bindings of all methods that carry `google.api.http`, in the order of declaration. Throws RuleError. */
export function readRules(services: readonly DescService[]): Rule[] {
  const rules: Rule[] = [];
  for (const service of services) {
    for (const method of service.methods) {
      if (!hasOption(method, http)) continue;
      const declared = getOption(method, http);
      rules.push(readRule(method, declared));
      for (const additional of declared.additionalBindings) {
        if (additional.additionalBindings.length > 0) {
          throw new RuleError(method, "additional_bindings do not nest");
        }
        rules.push(readRule(method, additional));
      }
    }
  }
  return rules;
}

function readRule(method: DescMethod, declared: HttpRule): Rule {
  if (method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming") {
    throw new RuleError(method, "a method with a request stream has no REST form; remove the option");
  }
  const { httpMethod, path } = readPattern(method, declared);
  let template: Template;
  try {
    template = parseTemplate(path);
  } catch (err) {
    throw new RuleError(method, err instanceof Error ? err.message : String(err), err);
  }
  const variables = template.variables.map(({ fieldPath }) => readVariable(method, fieldPath));
  const body = readBody(method, declared.body);
  if (variables.some((chain) => chain[0] === body && chain.length === 1)) {
    throw new RuleError(method, `${declared.body} is bound by both path and body`);
  }
  const responseBody = readResponseBody(method, declared);
  return { method, httpMethod, template, variables, body, responseBody };
}

function readPattern(method: DescMethod, { pattern }: HttpRule): { httpMethod: string; path: string } {
  switch (pattern.case) {
    case "get":
    case "put":
    case "post":
    case "delete":
    case "patch":
      return { httpMethod: pattern.case.toUpperCase(), path: pattern.value };
    case "custom":
      if (!/^(?:\*|[!#$%&'+\-.^_`|~0-9A-Za-z]+)$/.test(pattern.value.kind)) {
        throw new RuleError(method, `custom kind ${JSON.stringify(pattern.value.kind)} is no HTTP method`);
      }
      return { httpMethod: pattern.value.kind.toUpperCase(), path: pattern.value.path };
    case undefined:
      throw new RuleError(method, "no pattern (get, put, post, delete, patch or custom)");
  }
}

function readVariable(method: DescMethod, fieldPath: readonly string[]): DescField[] {
  const chain: DescField[] = [];
  let desc: DescMessage | undefined = method.input;
  for (const name of fieldPath) {
    const field: DescField | undefined = desc?.fields.find((candidate) => candidate.name === name);
    if (field === undefined) {
      throw new RuleError(method, `${fieldPath.join(".")} is no field of ${method.input.typeName}`);
    }
    chain.push(field);
    desc = field.fieldKind === "message" ? field.message : undefined;
  }
  const last = chain.at(-1);
  if (last === undefined || !isText(last)) {
    throw new RuleError(method, `path variable ${fieldPath.join(".")} must be a single scalar or enum`);
  }
  return chain;
}

/** Message types whose JSON form is a string or a scalar, so that a path or a query can hold them. */
const textTypes = new Set([
  "google.protobuf.Timestamp",
  "google.protobuf.Duration",
  "google.protobuf.FieldMask",
  "google.protobuf.DoubleValue",
  "google.protobuf.FloatValue",
  "google.protobuf.Int64Value",
  "google.protobuf.UInt64Value",
  "google.protobuf.Int32Value",
  "google.protobuf.UInt32Value",
  "google.protobuf.BoolValue",
  "google.protobuf.StringValue",
  "google.protobuf.BytesValue",
]);

/** Whether a single value of this field can be written as one piece of text. */
export function isText(field: DescField): boolean {
  if (field.fieldKind === "scalar" || field.fieldKind === "enum") return true;
  return field.fieldKind === "message" && textTypes.has(field.message.typeName);
}

/** Whether this message type can be written as one piece of text. */
export function isTextMessage(desc: DescMessage): boolean {
  return textTypes.has(desc.typeName);
}

function readBody(method: DescMethod, body: string): Rule["body"] {
  if (body === "") return "none";
  if (body === "*") return "message";
  const field = method.input.fields.find((candidate) => candidate.name === body);
  if (field === undefined) {
    throw new RuleError(method, `body ${JSON.stringify(body)} is no field of ${method.input.typeName}`);
  }
  return field;
}

function readResponseBody(method: DescMethod, { responseBody }: HttpRule): Rule["responseBody"] {
  if (responseBody === "") return "message";
  const field = method.output.fields.find((candidate) => candidate.name === responseBody);
  if (field === undefined) {
    throw new RuleError(
      method,
      `response_body ${JSON.stringify(responseBody)} is no field of ${method.output.typeName}`,
    );
  }
  return field;
}
