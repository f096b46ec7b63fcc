import type { JsonValue } from "@bufbuild/protobuf";

/** A JSON object. */
export type JsonObject = { [name: string]: JsonValue };

/** A JSON Schema, draft 2020-12. */
export type Schema = JsonObject;

/** What stands in a component. */
export interface Reference {
  $ref: string;
}

/** One parameter of an operation. */
export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  description?: string;
  schema: Schema;
  style?: "deepObject";
  explode?: boolean;
  example?: JsonValue;
}

/** One method of one path. */
export interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters: (Parameter | Reference)[];
  requestBody?: JsonObject;
  responses: Record<string, JsonObject>;
}

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; description?: string };
  servers: { url: string; description?: string }[];
  tags: { name: string; description: string }[];
  /** Operations by path, then by method in lower case. */
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, Schema>;
    responses: Record<string, JsonObject>;
    examples: Record<string, JsonObject>;
    parameters: Record<string, Parameter>;
    headers: Record<string, JsonObject>;
    securitySchemes: Record<string, JsonObject>;
  };
}
