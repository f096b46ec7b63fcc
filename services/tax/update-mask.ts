import { create } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import type { Validator } from "@bufbuild/protovalidate";
import { TaxRateSchema, type UpdateTaxRateRequest } from "../../gen/rowlock/tax/v1/tax_pb.js";
import { invalidArgument } from "../../lib/errors/reasons.ts";
import type { RateContent } from "./rate.ts";
import { fail } from "./reasons.ts";

/** An update as it was asked for. */
export interface RateChange {
  taxRateId: string;
  /** Empty: whatever the present one is. */
  etag: string;
  /** What is named, and nothing else. */
  content: Partial<RateContent>;
}

/** The parts of a rate that an update may change, by their name in a field mask. */
const changeableFields = {
  name: "name",
  country_code: "countryCode",
  region: "region",
  tax_category: "taxCategory",
  rate_millionths: "rateMillionths",
  included: "included",
} as const satisfies Record<string, keyof RateContent>;

/**
 * Reads an update request; only what its mask names is validated.
 *
 * @throws UPDATE_MASK_INVALID when the mask names nothing, or a path is unknown or output-only; INVALID_ARGUMENT when
 *   the id is missing, and with every violation, as fields of the request (`tax_rate.name`)
 */
export function readChange(validator: Validator, { taxRate, updateMask }: UpdateTaxRateRequest): RateChange {
  if (taxRate === undefined || taxRate.id === "") {
    throw invalidArgument([{ field: "tax_rate.id", description: "value is required" }]);
  }
  const paths = (updateMask?.paths ?? []).filter((path) => path !== "etag");
  const fields = paths.filter(isChangeable);
  const refused = paths.find((path) => !isChangeable(path));
  if (refused !== undefined) {
    const description = `${JSON.stringify(refused)} is not a field that can be changed`;
    throw fail("UPDATE_MASK_INVALID", { description });
  }
  if (fields.length === 0) throw fail("UPDATE_MASK_INVALID", { description: "names no field to change" });
  const names = fields.map((field) => changeableFields[field]);
  const content: Partial<RateContent> = Object.fromEntries(names.map((name) => [name, taxRate[name]]));
  const result = validator.validate(TaxRateSchema, create(TaxRateSchema, content));
  if (result.kind === "error") {
    throw new Error("the validation rules of a tax rate failed", { cause: result.error });
  }
  const violations = (result.violations ?? [])
    .map(({ field, message }) => ({ field: pathToString(field), description: message }))
    .filter(({ field }) => paths.includes(field))
    .map(({ field, description }) => ({ field: `tax_rate.${field}`, description }));
  if (violations.length > 0) throw invalidArgument(violations);
  return { taxRateId: taxRate.id, etag: taxRate.etag, content };
}

function isChangeable(path: string): path is keyof typeof changeableFields {
  return Object.hasOwn(changeableFields, path);
}
