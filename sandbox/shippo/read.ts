import { type FieldErrors, REQUIRED, ShippoError } from "./errors.ts";
import type { AddressFields, ParcelFields } from "./records.ts";

export type Json = Record<string, unknown>;

/** A JSON object as it came; fails with 400 for anything else. */
export function readObject(body: Buffer): Json {
  try {
    const value: unknown = JSON.parse(body.toString());
    if (isObject(value)) return value;
  } catch {
    // Told below.
  }
  throw new ShippoError(400, { detail: "JSON parse error - the request body is not a JSON object." });
}

/** A value of a request as a message tells it. */
export function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const ADDRESS_FIELDS = [
  "name",
  "company",
  "street1",
  "street2",
  "street3",
  "street_no",
  "city",
  "state",
  "zip",
  "country",
  "phone",
  "email",
  "metadata",
] as const;

const REGIONS = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });

/** The fields of an address, or what is wrong with them. Only the country is required to make one. */
export function readAddress(value: Json): { fields: AddressFields } | { errors: FieldErrors } {
  const errors: FieldErrors = {};
  const fields: AddressFields = { country: "" };
  for (const name of ADDRESS_FIELDS) {
    const given = value[name];
    if (given === undefined || given === null || given === "") continue;
    if (typeof given !== "string") errors[name] = ["Not a valid string."];
    else if (given.length > 100) errors[name] = ["Ensure this field has no more than 100 characters."];
    else fields[name] = given;
  }
  const residential = value["is_residential"];
  if (typeof residential === "boolean") fields.is_residential = residential;
  const country = fields.country.toUpperCase();
  if (country === "" && !errors["country"]) errors["country"] = [REQUIRED];
  else if (country !== "" && (!/^[A-Z]{2}$/.test(country) || REGIONS.of(country) === undefined)) {
    errors["country"] = [`"${fields.country}" is not a valid choice.`];
  }
  fields.country = country;
  return Object.keys(errors).length > 0 ? { errors } : { fields };
}

const UNITS = {
  distance_unit: ["cm", "in", "ft", "m", "mm", "yd"],
  mass_unit: ["g", "kg", "lb", "oz"],
} as const;
/** Parcels by template: outer length, width and height in inches. */
const TEMPLATES: Record<string, [string, string, string]> = {
  USPS_SmallFlatRateBox: ["8.69", "5.44", "1.75"],
  USPS_MediumFlatRateBox1: ["11.25", "8.75", "6.00"],
  USPS_LargeFlatRateBox: ["12.25", "12.25", "6.00"],
  USPS_FlatRateEnvelope: ["12.50", "9.50", "0.75"],
  FedEx_Box_Small_1: ["12.25", "10.90", "1.50"],
  FedEx_Box_Medium_1: ["13.25", "11.50", "2.38"],
  FedEx_Box_Large_1: ["17.88", "12.38", "3.00"],
  UPS_Express_Box_Small: ["13.00", "11.00", "2.00"],
  UPS_Express_Box_Medium: ["16.00", "11.00", "3.00"],
  UPS_Express_Box_Large: ["18.00", "13.00", "3.00"],
};

/** The fields of a parcel, or what is wrong with them. Sizes and weight are decimal texts above zero. */
export function readParcel(given: Json): { fields: ParcelFields } | { errors: FieldErrors } {
  const errors: FieldErrors = {};
  const template = given["template"];
  const size = typeof template === "string" ? TEMPLATES[template] : undefined;
  if (template !== undefined && template !== "" && !size) {
    errors["template"] = [`"${shown(template)}" is not a valid choice.`];
  }
  const value: Json = size
    ? { ...given, length: size[0], width: size[1], height: size[2], distance_unit: "in" }
    : given;
  for (const name of ["length", "width", "height", "weight"] as const) {
    const number = value[name];
    if (number === undefined || number === null || number === "") errors[name] = [REQUIRED];
    else if (typeof number !== "string" || !/^\d{1,10}(\.\d{1,10})?$/.test(number)) {
      errors[name] = ["A valid number is required."];
    } else if (Number(number) <= 0) errors[name] = ["Ensure this value is greater than 0."];
  }
  for (const name of ["distance_unit", "mass_unit"] as const) {
    const unit = value[name];
    if (unit === undefined || unit === null || unit === "") errors[name] = [REQUIRED];
    else if (!UNITS[name].some((known) => known === unit))
      errors[name] = [`"${shown(unit)}" is not a valid choice.`];
  }
  if (Object.keys(errors).length > 0) return { errors };
  const metadata = value["metadata"];
  return {
    fields: {
      length: String(value["length"]),
      width: String(value["width"]),
      height: String(value["height"]),
      distance_unit: value["distance_unit"] as ParcelFields["distance_unit"],
      weight: String(value["weight"]),
      mass_unit: value["mass_unit"] as ParcelFields["mass_unit"],
      ...(size && { template: shown(template) }),
      ...(typeof metadata === "string" && metadata !== "" && { metadata }),
      ...(isObject(value["extra"]) && { extra: value["extra"] }),
    },
  };
}

/** A short text of the caller's own, or "". */
export function readMetadata(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string" && value.length <= 100) return value;
  throw new ShippoError(400, { metadata: ["Ensure this field has no more than 100 characters."] });
}
