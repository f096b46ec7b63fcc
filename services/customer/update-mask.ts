import { create } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import type { Validator } from "@bufbuild/protovalidate";
import { BadRequestSchema } from "../../gen/google/rpc/error_details_pb.js";
import {
  type Customer,
  CustomerSchema,
  type UpdateOwnProfileRequest,
} from "../../gen/rowlock/customer/v1/customer_pb.js";
import { invalidArgument } from "../../lib/errors/reasons.ts";
import { type ChangeableField, changeableFields, type ProfileContent } from "./profile.ts";
import { fail } from "./reasons.ts";

/** An update as it was asked for. */
export interface ProfileChange {
  /** Empty: whatever the present one is. */
  etag: string;
  /** What is named, and nothing else. */
  content: Partial<ProfileContent>;
}

/**
 * Reads an update request; only what its mask names is validated.
 *
 * @throws UPDATE_MASK_INVALID when the mask names nothing, or a path is unknown or output-only; INVALID_ARGUMENT with
 *   every violation, as fields of the request (`customer.phone`)
 */
export function readChange(
  validator: Validator,
  { customer = create(CustomerSchema), updateMask }: UpdateOwnProfileRequest,
): ProfileChange {
  const paths = (updateMask?.paths ?? []).filter((path) => path !== "etag");
  const refused = paths.find((path) => !isChangeable(path));
  if (refused !== undefined) {
    throw invalidMask(`has ${JSON.stringify(refused)}, which is not a field that can be changed`);
  }
  const fields = paths.filter(isChangeable);
  if (fields.length === 0) throw invalidMask("names no field to change");
  const names = fields.map((path) => changeableFields[path]);
  const content: Partial<ProfileContent> = Object.fromEntries(names.map((name) => [name, customer[name]]));
  check(validator, create(CustomerSchema, { ...content, etag: customer.etag }));
  return { etag: customer.etag, content };
}

function isChangeable(path: string): path is ChangeableField {
  return Object.hasOwn(changeableFields, path);
}

function invalidMask(description: string): Error {
  const violation = { fieldViolations: [{ field: "update_mask", description }] };
  return fail(
    "UPDATE_MASK_INVALID",
    { description },
    { details: [{ desc: BadRequestSchema, value: violation }] },
  );
}

function check(validator: Validator, customer: Customer): void {
  const result = validator.validate(CustomerSchema, customer);
  if (result.kind === "error") {
    throw new Error("the validation rules of a customer failed", { cause: result.error });
  }
  if (result.kind === "valid") return;
  throw invalidArgument(
    result.violations.map(({ field, message }) => ({
      field: `customer.${pathToString(field)}`,
      description: message,
    })),
  );
}
