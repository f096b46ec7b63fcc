import type { DescMessage } from "@bufbuild/protobuf";
import { codeName } from "../../lib/errors/codes.ts";
import { errorDomain } from "../../lib/errors/reasons.ts";
import { httpStatus } from "../transcoder/http-status.ts";
import type { RouteDescription } from "../transcoder/routes.ts";
import type { Examples } from "./examples.ts";
import { isHttpBody, stringField } from "./json-types.ts";
import type { MethodReason } from "./reasons.ts";
import type { Schemas } from "./schemas.ts";
import type { JsonObject, Schema } from "./types.ts";

/** The form of every error, as gateway/transcoder/errors.ts writes it. */
export const errorSchemas: Record<string, Schema> = {
  ErrorResponse: {
    type: "object",
    description: "Why a call failed.",
    properties: {
      error: {
        type: "object",
        properties: {
          code: { type: "integer", description: "The HTTP status." },
          status: { type: "string", description: "The canonical status, for example `NOT_FOUND`." },
          message: { type: "string", description: "For people; programs look at the reason." },
          details: { type: "array", items: { $ref: "#/components/schemas/ErrorDetail" } },
        },
        required: ["code", "status", "message", "details"],
      },
    },
    required: ["error"],
  },
  ErrorDetail: {
    type: "object",
    description:
      "A typed detail. Every error has one google.rpc.ErrorInfo, which carries its `reason`; an INVALID_ARGUMENT also has a google.rpc.BadRequest, which names the fields.",
    properties: {
      "@type": { type: "string", description: "For example `type.googleapis.com/google.rpc.ErrorInfo`." },
      reason: { type: "string", description: "Of an ErrorInfo: what went wrong, in one constant word." },
      domain: { type: "string", description: "Of an ErrorInfo: who says so." },
      metadata: {
        type: "object",
        description: "Of an ErrorInfo: facts about it.",
        additionalProperties: { type: "string" },
      },
      fieldViolations: {
        type: "array",
        description: "Of a BadRequest: which fields break which rule.",
        items: {
          type: "object",
          properties: { field: { type: "string" }, description: { type: "string" } },
        },
      },
      retryDelay: { type: "string", description: "Of a RetryInfo: when to try again." },
    },
    required: ["@type"],
  },
};

/** What any call may be answered with besides. */
export const sharedResponses: Record<string, JsonObject> = {
  Error: {
    description:
      "Any other error: 403 (a page of another origin in a signed-in customer's name), 405 and 406 (method, `Accept`), 413 and 415 (size and type of the body), 429 (too many calls; see `Retry-After`), 500, 503 (try again), 504 (the deadline passed).",
    content: {
      "application/json": {
        schema: { $ref: "#/components/schemas/ErrorResponse" },
        example: {
          error: { code: 503, status: "UNAVAILABLE", message: "try again in a moment", details: [] },
        },
      },
    },
  },
  NotModified: { description: "Nothing has changed since the answer that `If-None-Match` names." },
};

export const sharedHeaders: Record<string, JsonObject> = {
  "X-Request-Id": { description: "Names the call in logs and traces.", schema: { type: "string" } },
  ETag: {
    description: "The state of the resource, for `If-Match` and `If-None-Match`.",
    schema: { type: "string" },
  },
};

/** The answers of an operation, by status. */
export function responses({
  route,
  reasons,
  schemas,
  examples,
  errors,
  describe,
}: {
  route: RouteDescription;
  reasons: readonly MethodReason[];
  schemas: Schemas;
  examples: Examples;
  errors: ErrorExamples;
  /** The comment of a message. */
  describe: (desc: DescMessage) => string;
}): Record<string, JsonObject> {
  const { method } = route;
  const hasEtag = !route.streaming && stringField(method.output, "etag") !== undefined;
  const headers = ["X-Request-Id", ...(hasEtag ? ["ETag"] : [])];
  const byStatus = Map.groupBy(reasons, (each) => String(httpStatus(each.code)));
  return {
    [route.status]: {
      description: route.streaming ? "A stream of messages." : describe(method.output),
      headers: Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
      content: answerContent(route, schemas, examples),
    },
    ...(hasEtag && route.httpMethod === "GET" && { "304": { $ref: "#/components/responses/NotModified" } }),
    ...Object.fromEntries(
      [...byStatus]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([status, group]) => [status, failures(group, errors)]),
    ),
    default: { $ref: "#/components/responses/Error" },
  };
}

function answerContent(route: RouteDescription, schemas: Schemas, examples: Examples): JsonObject {
  const { method, responseBody } = route;
  const field = method.output.fields.find((candidate) => candidate.name === responseBody);
  if (isHttpBody(field === undefined ? method.output : field.message)) {
    return { "*/*": { schema: { description: "Bytes, with a content type of their own." } } };
  }
  const schema =
    field === undefined ? schemas.message(method.output, "answer") : schemas.field(field, "answer");
  const example =
    field === undefined
      ? examples.message(method.output, "answer", { method: method.name })
      : examples.field(field, "answer");
  if (!route.streaming) return { "application/json": { schema, example } };
  const line = JSON.stringify(example);
  const id =
    typeof example === "object" && example !== null && !Array.isArray(example)
      ? example["eventId"]
      : undefined;
  return {
    "application/x-ndjson": { schema, example },
    "text/event-stream": {
      schema: {
        type: "string",
        description:
          "Server-sent events: each `data` is one message in JSON. An `error` event carries an error that came after the first message; an `end` event closes the stream. An EventSource that comes back after it is answered 204.",
      },
      example: `${typeof id === "string" ? `id: ${id}\n` : ""}data: ${line}\n\nevent: end\ndata: {}\n\n`,
    },
    "application/json": { schema: { type: "array", items: schema }, example: [example] },
  };
}

/** The errors of one status: each reason, when it comes, and how it looks. */
function failures(reasons: readonly MethodReason[], errors: ErrorExamples): JsonObject {
  const lines = reasons.map(({ reason, note }) => `- \`${reason}\`${note === "" ? "" : `: ${note}`}`);
  return {
    description: lines.join("\n"),
    content: {
      "application/json": {
        schema: { $ref: "#/components/schemas/ErrorResponse" },
        examples: Object.fromEntries(reasons.map((each) => [each.reason, errors.refer(each)])),
      },
    },
  };
}

/** Examples of errors, one for each reason and message, which the operations share. */
export interface ErrorExamples {
  refer(reason: MethodReason): JsonObject;
  readonly components: Record<string, JsonObject>;
}

export function createErrorExamples(examples: Examples): ErrorExamples {
  const components: Record<string, JsonObject> = {};
  const names = new Map<string, string>();
  return { refer, components };

  function refer(reason: MethodReason): JsonObject {
    const key = `${reason.reason}: ${reason.message}`;
    let name = names.get(key);
    if (name === undefined) {
      name = reason.reason;
      for (let i = 2; components[name] !== undefined; i++) name = `${reason.reason}_${i}`;
      names.set(key, name);
      components[name] = { value: failure(reason, examples) };
    }
    return { $ref: `#/components/examples/${name}` };
  }
}

function failure({ reason, code, message }: MethodReason, examples: Examples): JsonObject {
  const names = [...message.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const metadata = Object.fromEntries(names.map((name) => [name, examples.variable(name)]));
  const info = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason, domain: errorDomain };
  return {
    error: {
      code: httpStatus(code),
      status: codeName(code),
      message: message.replace(/\{(\w+)\}/g, (_, name: string) => metadata[name] ?? name),
      details: [names.length === 0 ? info : { ...info, metadata }],
    },
  };
}
