import { type DescField, type DescMessage, type DescService, getOption } from "@bufbuild/protobuf";
import { access as accessOption } from "../../gen/rowlock/auth/v1/access_pb.js";
import { describeRoutes, type RouteDescription } from "../transcoder/routes.ts";
import { type Comments, flow, readMethodComment } from "./comments.ts";
import { createExamples, type Examples } from "./examples.ts";
import { isHttpBody } from "./json-types.ts";
import { operationId, serviceName } from "./names.ts";
import {
  headerParameters,
  isApart,
  pathParameters,
  queryParameters,
  sharedParameters,
} from "./parameters.ts";
import { type OpenApiPath, openApiPath, pathShape } from "./paths.ts";
import { methodReasons, type ReasonCatalogue } from "./reasons.ts";
import {
  createErrorExamples,
  type ErrorExamples,
  errorSchemas,
  responses,
  sharedHeaders,
  sharedResponses,
} from "./responses.ts";
import { createSchemas, type Schemas } from "./schemas.ts";
import { callers, security, securitySchemes } from "./security.ts";
import type { JsonObject, OpenApiDocument, Operation } from "./types.ts";

export interface OpenApiOptions {
  /** The services whose methods with `google.api.http` are documented. */
  services: readonly DescService[];
  /** Comments of the contracts by full name, as in gen/comments.json. */
  comments: Comments;
  /** OpenAPI's Info object: title, version, description in Markdown. */
  info: { title: string; version: string; description?: string };
  /** Where the API is served; default: where the document was loaded from. */
  servers?: readonly { url: string; description?: string }[];
  /** The status and message of each reason that the comments name. */
  reasons: ReasonCatalogue;
  /** Name of the cookie with a customer's session. */
  sessionCookie?: string;
}

/** The methods that an OpenAPI path has room for. */
const httpMethods = new Set(["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"]);

/**
 * Describes a REST API as OpenAPI 3.1, from its contracts alone: every binding of every method, with the
 * comments, rules, errors and callers that the contracts state. The same input gives the same document.
 * Bindings of a kind OpenAPI has no place for (`*`, `LOCK`) are left out. Throws RuleError, as createTranscoder.
 */
export function createOpenApi(options: OpenApiOptions): OpenApiDocument {
  const { services, comments, info, servers = [{ url: "/" }], sessionCookie = "session" } = options;
  const schemas = createSchemas({ services, comments });
  const examples = createExamples(comments);
  const errors = createErrorExamples(examples);
  const parts: Parts = { ...options, schemas, examples, errors };
  const bindings = new Map<string, number>();
  const shapes = new Map<string, OpenApiPath>();
  const paths: OpenApiDocument["paths"] = {};
  for (const route of describeRoutes(services)) {
    const method = `${route.method.parent.typeName}/${route.method.name}`;
    const binding = bindings.get(method) ?? 0;
    bindings.set(method, binding + 1);
    if (!httpMethods.has(route.httpMethod)) continue;
    const path = samePath(openApiPath(route.template, route.method.input), shapes);
    (paths[path.path] ??= {})[route.httpMethod.toLowerCase()] = operation(route, { path, binding, parts });
  }
  return {
    openapi: "3.1.1",
    info: { ...info },
    servers: servers.map((server) => ({ ...server })),
    tags: services.map((service) => ({
      name: serviceName(service),
      description: flow(comments[service.typeName] ?? ""),
    })),
    paths,
    components: {
      schemas: sorted({ ...schemas.components, ...errorSchemas }),
      responses: sharedResponses,
      examples: sorted(errors.components),
      parameters: sharedParameters,
      headers: sharedHeaders,
      securitySchemes: securitySchemes(sessionCookie),
    },
  };
}

interface Parts extends OpenApiOptions {
  schemas: Schemas;
  examples: Examples;
  errors: ErrorExamples;
}

function operation(
  route: RouteDescription,
  { path, binding, parts }: { path: OpenApiPath; binding: number; parts: Parts },
): Operation {
  const { method } = route;
  const { comments, reasons, schemas, examples, errors } = parts;
  const access = getOption(method, accessOption);
  const { summary, description } = readMethodComment(
    comments[`${method.parent.typeName}.${method.name}`] ?? "",
  );
  const body = requestBody(route, parts);
  return {
    operationId: operationId(method, binding),
    tags: [serviceName(method.parent)],
    summary: summary === "" ? method.name : summary.replaceAll("`", ""),
    description: [description, callers(access)].filter((text) => text !== "").join("\n\n"),
    security: security(access),
    parameters: [
      ...pathParameters(path.parameters, parts),
      ...queryParameters(route, parts),
      ...headerParameters(route, parts),
    ],
    ...(body !== undefined && { requestBody: body }),
    responses: responses({
      route,
      reasons: methodReasons({ method, access, comments, catalogue: reasons }),
      schemas,
      examples,
      errors,
      describe: (desc) => flow(comments[desc.typeName] ?? desc.name),
    }),
  };
}

function requestBody(route: RouteDescription, { schemas, examples }: Parts): JsonObject | undefined {
  const { input, methodKind } = route.method;
  if (route.body === "") return undefined;
  const field = route.body === "*" ? undefined : input.fields.find((each) => each.name === route.body);
  if (isHttpBody(field === undefined ? input : field.message)) {
    const schema = { description: "Taken as it is, whatever its type." };
    const example =
      field === undefined ? examples.message(input, "request") : examples.field(field, "request");
    return { required: true, content: { "*/*": { schema, example } } };
  }
  const isStream = methodKind === "client_streaming" || methodKind === "bidi_streaming";
  const mediaType = isStream ? "application/x-ndjson" : "application/json";
  if (field !== undefined) {
    const schema = schemas.field(field, "request");
    const example = bodyExample(route, field, examples);
    return { required: schemas.isRequired(field), content: { [mediaType]: { schema, example } } };
  }
  const bound = boundFields(input, route);
  if (input.fields.every((each) => bound.has(each.name))) return undefined;
  const schema = schemas.body(input, bound);
  const isRequired = input.fields.some((each) => !bound.has(each.name) && schemas.isRequired(each));
  const example = examples.message(input, "request", { without: bound });
  const content = { [mediaType]: { schema, example } };
  return { required: isRequired, content: route.forms ? { ...content, [formType]: { schema } } : content };
}

const formType = "application/x-www-form-urlencoded";

/** An update's example changes a field or two, not all, and not what the path names. */
function bodyExample(route: RouteDescription, field: DescField, examples: Examples): JsonObject[string] {
  const example = examples.field(field, "request");
  if (route.httpMethod !== "PATCH" || typeof example !== "object" || example === null) return example;
  const bound = route.variables.map((variable) => variable.field);
  const isBound = (name: string) =>
    field.message?.fields.some(
      (each) => each.jsonName === name && bound.includes(`${field.name}.${each.name}`),
    );
  return Object.fromEntries(
    Object.entries(example)
      .filter(([name]) => !isBound(name))
      .slice(0, 2),
  );
}

/** Fields that do not go into the body: the path's variables, and those that stand apart. */
function boundFields(input: DescMessage, route: RouteDescription): Set<string> {
  const apart = input.fields.filter(isApart).map((field) => field.name);
  return new Set([...route.variables.map(({ field }) => field), ...apart]);
}

/** The path with the parameters' names of an earlier path of the same shape, which is the same path. */
function samePath(path: OpenApiPath, shapes: Map<string, OpenApiPath>): OpenApiPath {
  const shape = pathShape(path.path);
  const earlier = shapes.get(shape);
  if (earlier === undefined) {
    shapes.set(shape, path);
    return path;
  }
  const parameters = path.parameters.map((each, i) => ({
    ...each,
    name: earlier.parameters[i]?.name ?? each.name,
  }));
  return { path: earlier.path, parameters };
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
