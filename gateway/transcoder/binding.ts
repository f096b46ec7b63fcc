import type { IncomingHttpHeaders } from "node:http";
import type { DescField, DescMessage, Registry } from "@bufbuild/protobuf";
import { create, ScalarType } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { BadInput } from "./bad-input.ts";
import { decodeUtf8 } from "./body.ts";
import { childMessage, type Fields, getField, newMessage, setField } from "./fields.ts";
import { readIdempotencyKey, readIfMatch } from "./headers.ts";
import { type JsonRead, readFieldJson, readMessageJson } from "./json-read.ts";
import { JsonText } from "./json-text.ts";
import { type PathSetter, pathSetter, queryReader, type ReadQuery } from "./query.ts";
import { capture } from "./router.ts";
import type { Rule } from "./rules.ts";

/** The parts of an HTTP request that become a message. */
export interface RequestParts {
  /** Raw path segments of the router's match. */
  readonly segments: readonly string[];
  /** Without `?`; may be empty. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Undefined when there was none, or it was empty. */
  readonly body: Buffer | undefined;
}

/** Makes the request message of a rule from a request. Throws BadInput. */
export type BindRequest = (parts: RequestParts) => Fields;

export const httpBodyType = "google.api.HttpBody";

/** Whether a rule takes the body as it is, whatever its content type: it goes to a google.api.HttpBody. */
export function takesRawBody({ body, method }: Rule): boolean {
  if (body === "none") return false;
  return (body === "message" ? method.input : messageOf(body))?.typeName === httpBodyType;
}

/**
 * Compiles what binds a rule's request: body first, then path (which a body may repeat but not contradict),
 * query, and headers: `Idempotency-Key` into `request_id`, `If-Match` into `etag` (of the message, or of the
 * resource in the body). On PATCH, a field mask that was left out is what the body has.
 */
export function compileBinding(rule: Rule, options: { registry: Registry; maxDepth: number }): BindRequest {
  const { registry, maxDepth } = options;
  const { input } = rule.method;
  const body = rule.body;
  const bodyField = body === "none" || body === "message" ? undefined : body;
  const setters: PathSetter[] = rule.variables.map(pathSetter);
  const { variables } = rule.template;
  const boundByPath = setters.map((setter) => setter.name);
  const readQuery: ReadQuery = queryReader({
    desc: input,
    boundByPath,
    body: body === "none" ? undefined : (bodyField?.name ?? "*"),
    maxDepth,
  });
  const raw = takesRawBody(rule);
  const requestId = stringField(input, "request_id");
  const etag = etagChain(input, bodyField);
  const mask = rule.httpMethod === "PATCH" && bodyField ? maskField(input) : undefined;
  // Part of the body without being a change: what the path names, and the precondition.
  const unmasked = new Set(["etag"]);
  for (const path of boundByPath) {
    if (bodyField !== undefined && path.startsWith(`${bodyField.name}.`)) {
      unmasked.add(path.slice(bodyField.name.length + 1));
    }
  }

  return ({ segments, query, headers, body: bytes }) => {
    const present: string[] | undefined = mask && [];
    const message = readBody(bytes, headers, present);
    for (let i = 0; i < setters.length; i++) {
      const variable = variables[i];
      if (variable !== undefined) setters[i]?.set(message, capture(variable, segments));
    }
    if (query !== "") readQuery(query, message);
    if (requestId !== undefined && headers["idempotency-key"] !== undefined) {
      merge(message, requestId, readIdempotencyKey(headers), "idempotency-key");
    }
    if (etag !== undefined && headers["if-match"] !== undefined) {
      const owner = etag.parent === undefined ? message : childMessage(message, etag.parent);
      merge(owner, etag.field, readIfMatch(headers), "if-match");
    }
    if (mask !== undefined && present !== undefined && getField(message, mask) === undefined) {
      const paths = present.filter((path) => !unmasked.has(path));
      if (paths.length > 0) setField(message, mask, create(FieldMaskSchema, { paths }));
    }
    return message;
  };

  function readBody(bytes: Buffer | undefined, headers: IncomingHttpHeaders, present?: string[]): Fields {
    if (bytes === undefined) return newMessage(input);
    if (body === "none") throw new BadInput("this method takes no body");
    if (raw) return readRaw(bytes, headers);
    const json = new JsonText(decodeUtf8(bytes), maxDepth);
    const read: JsonRead = { json, registry, present, prefix: "" };
    if (bodyField === undefined) return readMessageJson(input, read);
    const message = newMessage(input);
    readFieldJson(bodyField, message, read);
    return message;
  }

  function readRaw(bytes: Buffer, headers: IncomingHttpHeaders): Fields {
    const message = newMessage(input);
    const target = bodyField?.fieldKind === "message" ? childMessage(message, bodyField) : message;
    target["contentType"] = headers["content-type"] ?? "application/octet-stream";
    target["data"] = new Uint8Array(bytes);
    return message;
  }
}

/** Puts a header's value into a field that is empty; a field that says otherwise is refused. */
function merge(message: Fields, field: DescField, value: string | undefined, header: string): void {
  if (value === undefined) return;
  const present = getField(message, field);
  if (present !== undefined && present !== "" && present !== value) {
    throw new BadInput(`differs from the header ${header}`, field.name);
  }
  setField(message, field, value);
}

/** A top-level field of type string. */
export function stringField(desc: DescMessage, name: string): DescField | undefined {
  const field = desc.fields.find((candidate) => candidate.name === name);
  return field?.fieldKind === "scalar" && field.scalar === ScalarType.STRING ? field : undefined;
}

/** The `etag` field of the request or, failing that, of the resource that is its body. */
function etagChain(
  input: DescMessage,
  bodyField: DescField | undefined,
): { parent?: DescField & { fieldKind: "message" }; field: DescField } | undefined {
  const own = stringField(input, "etag");
  if (own !== undefined) return { field: own };
  if (bodyField?.fieldKind !== "message") return undefined;
  const field = stringField(bodyField.message, "etag");
  return field && { parent: bodyField, field };
}

/** The field mask of an update: `update_mask`, or the only field of that type. */
function maskField(input: DescMessage): DescField | undefined {
  const masks = input.fields.filter(
    (field) => field.fieldKind === "message" && field.message.typeName === FieldMaskSchema.typeName,
  );
  return masks.find((field) => field.name === "update_mask") ?? (masks.length === 1 ? masks[0] : undefined);
}

function messageOf(field: DescField): DescMessage | undefined {
  return field.fieldKind === "message" ? field.message : undefined;
}
