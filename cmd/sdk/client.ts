import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject, OpenApiDocument } from "../../gateway/openapi/index.ts";
import { mapOperations } from "./map-operations.ts";

/**
 * The source of a typed client: one function per call, which answers its message or throws an HttpError with the
 * error's body. Streams have their types only: `EventSource` reads them.
 */
export async function makeClient(document: OpenApiDocument): Promise<string> {
  // A development dependency, like the converter in postman.ts: loaded when it is asked for.
  const { generateSource } = await import("oazapfts");
  const folder = await mkdtemp(join(tmpdir(), "rowlock-client-"));
  try {
    const file = join(folder, "openapi.json");
    await writeFile(
      file,
      JSON.stringify(
        mapOperations(document, (operation) => (isStream(operation.responses) ? undefined : operation)),
      ),
    );
    return await generateSource(file, { optimistic: true, argumentStyle: "object", allSchemas: true });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function isStream(responses: Record<string, JsonObject>): boolean {
  const content = responses["200"]?.["content"] as JsonObject | undefined;
  return content?.["text/event-stream"] !== undefined;
}

/** The client's package.json: it needs the generator's small runtime, in the range the generator names. */
export function makePackage(document: OpenApiDocument): JsonObject {
  return {
    name: "rowlock-client",
    version: document.info.version,
    private: true,
    type: "module",
    exports: "./client.ts",
    dependencies: { "@oazapfts/runtime": "^1.2.0" },
  };
}
