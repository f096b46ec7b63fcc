import { createRequire } from "node:module";
import type { JsonObject, OpenApiDocument, Operation } from "../../gateway/openapi/index.ts";
import { mapOperations } from "./map-operations.ts";

/** The converter has no types of its own. */
interface Converter {
  convertV2(
    input: { type: "json"; data: unknown },
    options: Record<string, unknown>,
    done: (
      err: Error | null,
      result: { result: boolean; reason?: string; output?: { data: JsonObject }[] },
    ) => void,
  ): void;
}

/**
 * A Postman collection (v2.1): a folder per service, the examples as bodies. Every request that is not open to all
 * takes the key that the collection's variable `bearerToken` holds: a person who tries it is staff.
 */
export async function makePostman(document: OpenApiDocument): Promise<JsonObject> {
  const converter = createRequire(import.meta.url)("openapi-to-postmanv2") as Converter;
  const asStaff = (operation: Operation): Operation => ({
    ...operation,
    security: operation.security.some((each) => Object.keys(each).length === 0) ? [] : [{ staffKey: [] }],
  });
  // The converter writes into what it is given.
  const data = structuredClone(mapOperations(document, asStaff));
  return await new Promise((resolve, reject) => {
    converter.convertV2(
      { type: "json", data },
      { folderStrategy: "Tags", parametersResolution: "Example", enableOptionalParameters: false },
      (err, { result, reason, output }) => {
        const collection = output?.[0]?.data;
        if (result && collection !== undefined) resolve(collection);
        else reject(err ?? new Error(`no Postman collection: ${reason}`));
      },
    );
  });
}
