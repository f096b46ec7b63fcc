import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { OpenApiDocument } from "../../gateway/openapi/index.ts";

/** Checks values against the schemas of a document. */
export interface DocumentSchemas {
  /** What is wrong with the value, by the schema at this place of the document; empty when it is right. */
  problems(place: readonly string[], value: unknown): string[];
}

export function documentSchemas(document: OpenApiDocument): DocumentSchemas {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  // OpenAPI's own formats say how numbers are stored; the transcoder's tests look at their ranges.
  for (const format of ["int32", "int64", "uint64"]) ajv.addFormat(format, true);
  ajv.addSchema(document, "document");
  const compiled = new Map<string, ValidateFunction>();
  return {
    problems: (place, value) => {
      const pointer = place.map((name) =>
        encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1")),
      );
      const ref = `document#/${pointer.join("/")}`;
      let validate = compiled.get(ref);
      if (validate === undefined) compiled.set(ref, (validate = ajv.compile({ $ref: ref })));
      validate(value);
      return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
    },
  };
}
