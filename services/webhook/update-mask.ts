import { create } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import type { Validator } from "@bufbuild/protovalidate";
import { BadRequestSchema } from "../../gen/google/rpc/error_details_pb.js";
import {
  type Endpoint as EndpointMessage,
  EndpointSchema,
  type UpdateEndpointRequest,
} from "../../gen/rowlock/webhook/v1/webhook_pb.js";
import { invalidArgument } from "../../lib/errors/reasons.ts";
import type { EndpointContent } from "./endpoint.ts";
import { fail } from "./reasons.ts";

/** An update as it was asked for. */
export interface EndpointChange {
  endpointId: string;
  /** Empty: whatever the present one is. */
  etag: string;
  /** What is named, and nothing else. */
  content: Partial<EndpointContent>;
}

const changeable = {
  url: "url",
  event_types: "eventTypes",
  description: "description",
  disabled: "disabled",
} as const satisfies Record<string, keyof EndpointContent>;

/**
 * Reads an update request; only what its mask names is validated.
 *
 * @throws UPDATE_MASK_INVALID when the mask names nothing, or a path is unknown or output-only; INVALID_ARGUMENT with
 *   every violation, as fields of the request (`endpoint.url`)
 */
export function readChange(
  validator: Validator,
  { endpoint, updateMask }: UpdateEndpointRequest,
): EndpointChange {
  if (endpoint === undefined || endpoint.id === "") {
    throw invalidArgument([{ field: "endpoint.id", description: "value is required" }]);
  }
  const paths = (updateMask?.paths ?? []).filter((path) => path !== "etag");
  const refused = paths.find((path) => !isChangeable(path));
  if (refused !== undefined) {
    throw invalidMask(`has ${JSON.stringify(refused)}, which is not a field that can be changed`);
  }
  const names = paths.filter(isChangeable).map((path) => changeable[path]);
  if (names.length === 0) throw invalidMask("names no field to change");
  const { id, etag } = endpoint;
  const content: Partial<EndpointContent> = Object.fromEntries(names.map((name) => [name, endpoint[name]]));
  check(validator, create(EndpointSchema, { ...content, id, etag }), names);
  return { endpointId: id, etag, content };
}

function isChangeable(path: string): path is keyof typeof changeable {
  return Object.hasOwn(changeable, path);
}

function invalidMask(description: string): Error {
  const violation = { fieldViolations: [{ field: "update_mask", description }] };
  return fail(
    "UPDATE_MASK_INVALID",
    { description },
    { details: [{ desc: BadRequestSchema, value: violation }] },
  );
}

function check(validator: Validator, endpoint: EndpointMessage, named: readonly string[]): void {
  const result = validator.validate(EndpointSchema, endpoint);
  if (result.kind === "error") {
    throw new Error("the validation rules of an endpoint failed", { cause: result.error });
  }
  const always = new Set<string>([...named, "id", "etag"]);
  const violations = (result.violations ?? [])
    .filter(({ field: [first] }) => first?.kind === "field" && always.has(first.localName))
    .map(({ field, message }) => ({ field: `endpoint.${pathToString(field)}`, description: message }));
  if (violations.length > 0) throw invalidArgument(violations);
}
