import type { OpenApiDocument, Operation } from "../../gateway/openapi/index.ts";

/** The document with other operations; those for which `change` answers nothing are left out. */
export function mapOperations(
  document: OpenApiDocument,
  change: (operation: Operation) => Operation | undefined,
): OpenApiDocument {
  const paths: OpenApiDocument["paths"] = {};
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const changed = change(operation);
      if (changed !== undefined) (paths[path] ??= {})[method] = changed;
    }
  }
  return { ...document, paths };
}
