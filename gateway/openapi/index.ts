export { createOpenApi, type OpenApiOptions } from "./document.ts";
export type { ReasonCatalogue, Reasons } from "./reasons.ts";
export type { JsonObject, OpenApiDocument, Operation, Parameter, Schema } from "./types.ts";
