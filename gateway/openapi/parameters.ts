import { type DescField, type DescMessage, getOption } from "@bufbuild/protobuf";
import { Access, field_access as fieldAccess } from "../../gen/rowlock/auth/v1/access_pb.js";
import { fieldTextReader } from "../transcoder/message-text.ts";
import type { RouteDescription } from "../transcoder/routes.ts";
import type { Examples } from "./examples.ts";
import { stringField } from "./json-types.ts";
import type { PathParameter } from "./paths.ts";
import type { Schemas } from "./schemas.ts";
import type { Parameter, Reference, Schema } from "./types.ts";

/** What parameters are made with. */
export interface ParameterParts {
  schemas: Schemas;
  examples: Examples;
}

/** Fields of a request that a header fills; they are documented as that header alone. */
const headerFields: ReadonlySet<string> = new Set(["request_id"]);

/** Whether a field of a request stands neither in its body nor in its query: a header fills it, or only services do. */
export function isApart(field: DescField): boolean {
  return headerFields.has(field.name) || getOption(field, fieldAccess) === Access.SERVICE;
}

export function pathParameters(
  parameters: readonly PathParameter[],
  { schemas, examples }: ParameterParts,
): (Parameter | Reference)[] {
  return parameters.map(({ name, field, pattern, isRest }) => {
    const { description, readOnly: _, ...schema } = schemas.field(field, "request");
    const notes = [
      typeof description === "string" && description.replace(/^Output only\. /, ""),
      pattern !== undefined && `One segment of \`${pattern}\`.`,
      isRest && "May hold slashes, which are written as they are.",
    ].filter((note) => typeof note === "string");
    return {
      name,
      in: "path",
      required: true,
      ...(notes.length > 0 && { description: notes.join(" ") }),
      schema: pattern === undefined && !isRest ? schema : { type: "string", minLength: 1 },
      example: examples.field(field, "request"),
    };
  });
}

/** The fields of a request that its query may hold, flattened: `parent.child`, `labels[key]`. */
export function queryParameters(
  route: RouteDescription,
  { schemas, examples }: ParameterParts,
): (Parameter | Reference)[] {
  if (route.body === "*") return [];
  const bound = new Set(route.variables.map(({ field }) => field));
  const found: Parameter[] = [];
  collect(route.method.input, [], new Set());
  return found;

  function collect(desc: DescMessage, parents: readonly DescField[], around: ReadonlySet<DescMessage>): void {
    for (const field of desc.fields) {
      const path = [...parents, field];
      const protoPath = path.map((each) => each.name).join(".");
      const isTop = parents.length === 0;
      if (bound.has(protoPath) || (isTop && (field.name === route.body || isApart(field)))) continue;
      if (fieldTextReader(field) !== undefined) found.push(parameter(path, field));
      // A message that holds itself has no end; its first level says what there is.
      else if (field.fieldKind === "message" && !around.has(field.message)) {
        collect(field.message, path, new Set([...around, field.message]));
      }
    }
  }

  function parameter(path: readonly DescField[], field: DescField): Parameter {
    const { description, readOnly: _, ...schema } = schemas.field(field, "request");
    const isRequired = path.every((each) => schemas.isRequired(each));
    const isInferred =
      route.httpMethod === "PATCH" && field.message?.typeName === "google.protobuf.FieldMask";
    const example = examples.field(field, "request");
    const choice =
      field.oneof && `At most one of ${field.oneof.fields.map((each) => `\`${each.jsonName}\``).join(", ")}.`;
    const notes = [description, choice].filter((note) => typeof note === "string");
    return {
      name: path.map((each) => each.jsonName).join("."),
      in: "query",
      ...(isRequired && !isInferred && { required: true }),
      ...(notes.length > 0 && { description: notes.join(" ") }),
      schema,
      ...(field.fieldKind === "map" && { style: "deepObject", explode: true }),
      ...(isRequired && !isInferred && { example }),
    };
  }
}

/** The components that every operation's headers refer to. */
export const sharedParameters: Record<string, Parameter> = {
  RequestTimeout: {
    name: "Request-Timeout",
    in: "header",
    description: "Seconds after which the call is given up with 504.",
    schema: { type: "number", exclusiveMinimum: 0 },
  },
  IfNoneMatch: {
    name: "If-None-Match",
    in: "header",
    description: "The `ETag` of an earlier answer: when nothing has changed since, the answer is a bare 304.",
    schema: { type: "string" },
  },
  LastEventId: {
    name: "Last-Event-ID",
    in: "header",
    description: "The `id` of the last event that was received; what came after it is sent first.",
    schema: { type: "string" },
  },
};

/** The headers that an operation takes. */
export function headerParameters(
  route: RouteDescription,
  { schemas }: ParameterParts,
): (Parameter | Reference)[] {
  const { method, streaming } = route;
  const { input, output } = method;
  const requestId = stringField(input, "request_id");
  const body = input.fields.find((field) => field.name === route.body)?.message;
  const refer = (name: string) => ({ $ref: `#/components/parameters/${name}` });
  return [
    ...(requestId === undefined ? [] : [idempotencyKey(requestId, schemas)]),
    ...((stringField(input, "etag") ?? stringField(body, "etag")) ? [ifMatch] : []),
    ...(route.httpMethod === "GET" && !streaming && stringField(output, "etag")
      ? [refer("IfNoneMatch")]
      : []),
    ...(streaming && stringField(input, "last_event_id") ? [refer("LastEventId")] : []),
    refer("RequestTimeout"),
  ];
}

function idempotencyKey(field: DescField, schemas: Schemas): Parameter {
  const { description, ...schema } = schemas.field(field, "request");
  const text = typeof description === "string" ? description : "";
  const comment = text.replace(/^Idempotency key[^;.]*; REST header `Idempotency-Key`\.\s*/, "");
  const effect = "A key of the caller's choice: repeating the call with it has its effect once.";
  return {
    name: "Idempotency-Key",
    in: "header",
    description: [effect, comment].filter((each) => each !== "").join(" "),
    schema: { ...(schema as Schema), minLength: 1 },
  };
}

const ifMatch: Parameter = {
  name: "If-Match",
  in: "header",
  description:
    "The `ETag` that the change is for; when it is no longer the present one, the call is refused.",
  schema: { type: "string" },
};
