import { METHODS } from "node:http";
import type { DescField, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import { getOption, hasOption } from "@bufbuild/protobuf";
import { http } from "../../gen/google/api/annotations_pb.js";
import type { HttpRule } from "../../gen/google/api/http_pb.js";
import { form_bodies, success_status } from "../../gen/rowlock/rest/v1/rest_pb.js";
import { canonicalPath, isUnwrapped } from "./fields.ts";
import { fieldTextReader } from "./message-text.ts";
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
  /** The HTTP status of an answer. */
  readonly status: number;
  /** Whether the body may also be a form. */
  readonly forms: boolean;
}

/** A `google.api.http` option that cannot be served. Thrown when routes are built, never on a request. */
export class RuleError extends Error {
  constructor(method: DescMethod | string, problem: string, cause?: unknown) {
    const name = typeof method === "string" ? method : methodName(method);
    super(`${name}: google.api.http: ${problem}`, { cause });
    this.name = "RuleError";
  }
}

/** `package.Service/Method`. */
export function methodName(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

/**
 * The bindings of all methods that carry `google.api.http`, in the order of declaration. A rule of the
 * configuration takes the place of its method's option; of several for one method the last does. Throws
 * RuleError, also when a rule selects no method of the services.
 */
export function readRules(services: readonly DescService[], config: readonly HttpRule[] = []): Rule[] {
  const configured = new Map(config.map((rule) => [rule.selector, rule]));
  const rules: Rule[] = [];
  for (const service of services) {
    for (const method of service.methods) {
      const selector = `${service.typeName}.${method.name}`;
      const declared =
        configured.get(selector) ?? (hasOption(method, http) ? getOption(method, http) : undefined);
      configured.delete(selector);
      if (declared === undefined) continue;
      rules.push(readRule(method, declared));
      for (const additional of declared.additionalBindings) {
        if (additional.additionalBindings.length > 0) {
          throw new RuleError(method, "additional_bindings do not nest");
        }
        rules.push(readRule(method, additional));
      }
    }
  }
  for (const selector of configured.keys()) {
    throw new RuleError(selector, "a configured rule selects a method that none of the services has");
  }
  return rules;
}

function readRule(method: DescMethod, declared: HttpRule): Rule {
  const { httpMethod, path } = readPattern(method, declared);
  let template: Template;
  try {
    template = parseTemplate(path);
  } catch (err) {
    throw new RuleError(method, err instanceof Error ? err.message : String(err), err);
  }
  const variables = template.variables.map(({ fieldPath }) => readVariable(method, fieldPath));
  const body = readBody(method, declared.body);
  if (body === "none" && takesStream(method)) {
    throw new RuleError(method, "a request stream comes as the body; say which field it goes to, or *");
  }
  if (variables.some((chain) => chain[0] === body && chain.length === 1)) {
    throw new RuleError(method, `${declared.body} is bound by both path and body`);
  }
  refuseRivals(method, variables, body);
  const responseBody = readResponseBody(method, declared);
  const status = readStatus(method);
  const forms = getOption(method, form_bodies);
  if (forms && (body !== "message" || takesStream(method))) {
    throw new RuleError(method, "a form is a whole request message; it needs the body *");
  }
  return { method, httpMethod, template, variables, body, responseBody, status, forms };
}

/** The status that `rowlock.rest.v1.success_status` names; 200 without it. */
function readStatus(method: DescMethod): number {
  if (!hasOption(method, success_status)) return 200;
  const status = getOption(method, success_status);
  if (status < 200 || status > 299 || status === 204 || answersStream(method)) {
    throw new RuleError(method, `${status} is no status of an answer with a body`);
  }
  return status;
}

/** Whether the requests of a method are a stream. */
export function takesStream({ methodKind }: DescMethod): boolean {
  return methodKind === "client_streaming" || methodKind === "bidi_streaming";
}

/** Whether the answers of a method are a stream. */
export function answersStream({ methodKind }: DescMethod): boolean {
  return methodKind === "server_streaming" || methodKind === "bidi_streaming";
}

/** Refuses bindings of which a request could never have both: members of one oneof, a field and its part. */
function refuseRivals(method: DescMethod, variables: readonly DescField[][], body: Rule["body"]): void {
  const bodies = typeof body === "string" ? [] : [[body]];
  variables.forEach((chain, i) => {
    for (const other of [...variables.slice(i + 1), ...bodies]) {
      let depth = 0;
      while (depth < chain.length && depth < other.length && chain[depth] === other[depth]) depth++;
      const [a, b] = [chain[depth], other[depth]];
      const names = `${canonicalPath(chain)} and ${canonicalPath(other)}`;
      if (a === undefined || b === undefined) {
        // The body may hold what the path names: a resource and its name.
        if (other[0] === body) continue;
        throw new RuleError(method, `${names} are bound, one of which is part of the other`);
      }
      if (a.oneof !== undefined && a.oneof === b.oneof) {
        throw new RuleError(method, `${names} are bound, but only one of ${a.oneof.name} may be given`);
      }
    }
  });
}

/** CONNECT never reaches a request listener, and others are no HTTP for the parser. */
const servable = new Set(METHODS.filter((name) => name !== "CONNECT"));

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
      if (pattern.value.kind !== "*" && !servable.has(pattern.value.kind.toUpperCase())) {
        throw new RuleError(method, `custom kind ${pattern.value.kind} is no method that node:http serves`);
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
    desc = field.fieldKind === "message" && !isUnwrapped(field) ? field.message : undefined;
  }
  const last = chain.at(-1);
  if (last === undefined || !isText(last)) {
    throw new RuleError(method, `path variable ${fieldPath.join(".")} must be a single scalar or enum`);
  }
  return chain;
}

/** Whether a single value of this field can be written as one piece of text. */
function isText(field: DescField): boolean {
  return field.fieldKind !== "list" && field.fieldKind !== "map" && fieldTextReader(field) !== undefined;
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
