import type { JsonValue } from "@bufbuild/protobuf";

/** A JSON object. */
export type JsonObject = { [name: string]: JsonValue };

/** A JSON Schema, draft 2020-12. */
export type Schema = JsonObject;

/** The parts of an operation that are looked at again; the rest is as OpenAPI has it. */
export interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters: JsonObject[];
  requestBody?: JsonObject;
  responses: Record<string, JsonObject>;
}

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  openapi: string;
  info: JsonObject;
  servers: JsonObject[];
  tags: JsonObject[];
  /** Operations by path, then by method in lower case. */
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, Schema>;
    responses: Record<string, JsonObject>;
    examples: Record<string, JsonObject>;
    parameters: Record<string, JsonObject>;
    headers: Record<string, JsonObject>;
    securitySchemes: Record<string, JsonObject>;
  };
}
