import type { IncomingHttpHeaders } from "node:http";
import type { DescField, DescMessage, Registry } from "@bufbuild/protobuf";
import { create, ScalarType } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { BadInput, decodeUtf8 } from "./bad-input.ts";
import { readIfMatch, refuseUnchecked } from "./conditional.ts";
import { childMessage, type Fields, getField, newMessage, setField } from "./fields.ts";
import { readIdempotencyKey, readLastEventId } from "./headers.ts";
import { type JsonRead, readFieldJson, readMessageJson } from "./json-read.ts";
import { JsonText } from "./json-text.ts";
import { fieldTextReader } from "./message-text.ts";
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

export interface BindingOptions {
  /** Types that google.protobuf.Any may hold, and extensions. */
  registry: Registry;
  maxDepth: number;
  /** Name of the request's field that `Last-Event-ID` fills, when the answer is a stream. */
  lastEventIdField: string;
  /** Whether a capture of several segments decodes `%2F`, too. */
  decodeSlashes: boolean;
}

/**
 * Compiles what binds a rule's request: body first, then path (which a body may repeat but not contradict),
 * query, and headers: `Idempotency-Key` into `request_id`, `If-Match` into `etag` (of the message, or of the
 * resource in the body), `Last-Event-ID` into the field of its option. On PATCH, a field mask that was left out
 * is what the body has.
 */
export function compileBinding(rule: Rule, options: BindingOptions): BindRequest {
  const { registry, maxDepth, decodeSlashes } = options;
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
  const readsOnly = safeMethods.has(rule.httpMethod);
  const setLastEventId = lastEventIdSetter(rule, options.lastEventIdField);
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
      if (variable !== undefined) setters[i]?.set(message, capture(variable, segments, decodeSlashes));
    }
    if (query !== "") readQuery(query, message);
    if (requestId !== undefined && headers["idempotency-key"] !== undefined) {
      merge(message, requestId, readIdempotencyKey(headers), "idempotency-key");
    }
    const ifMatch = etag && readIfMatch(headers);
    if (etag !== undefined && ifMatch !== undefined) {
      const owner = etag.parent === undefined ? message : childMessage(message, etag.parent);
      merge(owner, etag.field, ifMatch, "if-match");
    }
    if (!readsOnly) refuseUnchecked(headers, etag !== undefined);
    if (headers["last-event-id"] !== undefined) setLastEventId?.(message, headers);
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

/** Methods that change nothing by definition, and `*`, of which one cannot say. */
const safeMethods = new Set(["GET", "HEAD", "OPTIONS", "*"]);

/**
 * Sets the field that says where a stream goes on. The header has precedence over query and body, since an
 * EventSource that reconnects repeats the URL it was made with; a field that the path binds stays.
 */
function lastEventIdSetter(
  { method, variables }: Rule,
  name: string,
): ((message: Fields, headers: IncomingHttpHeaders) => void) | undefined {
  const field = textField(method.input, name);
  const bound = variables.some((chain) => chain[0] === field);
  const read =
    field && !bound && method.methodKind === "server_streaming" ? fieldTextReader(field) : undefined;
  if (field === undefined || read === undefined) return undefined;
  return (message, headers) => {
    const id = readLastEventId(headers);
    if (id === undefined) return;
    try {
      setField(message, field, read(id));
    } catch (err) {
      if (err instanceof BadInput) err.field ??= "last-event-id";
      throw err;
    }
  };
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
  const field = textField(desc, name);
  return field?.scalar === ScalarType.STRING ? field : undefined;
}

/** A top-level field with a single string or whole number: what an id may be. */
export function textField(desc: DescMessage, name: string): DescField | undefined {
  const field = desc.fields.find((candidate) => candidate.name === name);
  return field?.fieldKind === "scalar" && !noId.has(field.scalar) ? field : undefined;
}

const noId = new Set([ScalarType.BOOL, ScalarType.BYTES, ScalarType.DOUBLE, ScalarType.FLOAT]);

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
