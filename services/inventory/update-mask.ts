import { create } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import type { Validator } from "@bufbuild/protovalidate";
import { LocationSchema, type UpdateLocationRequest } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { invalidArgument } from "../../lib/errors/reasons.ts";
import { fail } from "./reasons.ts";
import type { LocationContent } from "./store-location.ts";

const fields = ["name", "priority", "paused"] as const satisfies (keyof LocationContent)[];

/**
 * Reads an update request; only what its mask names is validated.
 *
 * @throws UPDATE_MASK_INVALID when the mask names nothing, or a path is unknown or output-only; INVALID_ARGUMENT when
 *   the id is missing, and with every violation, as fields of the request (`location.name`)
 */
export function readChange(
  validator: Validator,
  { location, updateMask }: UpdateLocationRequest,
): { id: string; content: Partial<LocationContent> } {
  if (location === undefined || location.id === "") {
    throw invalidArgument([{ field: "location.id", description: "value is required" }]);
  }
  const paths = updateMask?.paths ?? [];
  const refused = paths.find((path) => !fields.some((field) => field === path));
  if (refused !== undefined) {
    const description = `${JSON.stringify(refused)} is not a field that can be changed`;
    throw fail("UPDATE_MASK_INVALID", { description });
  }
  if (paths.length === 0) throw fail("UPDATE_MASK_INVALID", { description: "names no field to change" });
  const named = fields.filter((field) => paths.includes(field));
  const content: Partial<LocationContent> = Object.fromEntries(
    named.map((field) => [field, location[field]]),
  );
  const result = validator.validate(LocationSchema, create(LocationSchema, { ...content, id: location.id }));
  if (result.kind === "error") {
    throw new Error("the validation rules of a location failed", { cause: result.error });
  }
  const violations = (result.violations ?? [])
    .map(({ field, message }) => ({ field: pathToString(field), description: message }))
    .filter(({ field }) => field === "id" || paths.includes(field))
    .map(({ field, description }) => ({ field: `location.${field}`, description }));
  if (violations.length > 0) throw invalidArgument(violations);
  return { id: location.id, content };
}
