import { type FieldErrors, REQUIRED } from "./errors.ts";
import { isObject, type Json } from "./read.ts";
import { directionOf, type ShipmentRecord } from "./records.ts";

const DECLARATION = ["certify_signer", "non_delivery_option", "contents_type"];
const ITEM = ["description", "net_weight", "mass_unit", "value_amount", "value_currency", "origin_country"];

/** What is wrong with a customs declaration that comes with a shipment; undefined when nothing is. */
export function readCustoms(value: Json): FieldErrors | undefined {
  const errors = missingOf(value, DECLARATION);
  if (value["certify"] !== true)
    errors["certify"] = [value["certify"] === undefined ? REQUIRED : "Must be true."];
  const items = value["items"];
  if (!Array.isArray(items) || items.length === 0) errors["items"] = [REQUIRED];
  else {
    const problems = items.map((item: unknown) => {
      if (!isObject(item)) return { item: ["Invalid data."] };
      const found = missingOf(item, ITEM);
      if (!Number.isInteger(item["quantity"]) || Number(item["quantity"]) < 1) found["quantity"] = [REQUIRED];
      return found;
    });
    if (problems.some((problem) => Object.keys(problem).length > 0)) errors["items"] = problems;
  }
  return Object.keys(errors).length > 0 ? errors : undefined;
}

function missingOf(value: Json, names: readonly string[]): FieldErrors {
  const missing = names.filter((name) => typeof value[name] !== "string" || value[name] === "");
  return Object.fromEntries(missing.map((name) => [name, [REQUIRED]]));
}

const UNION = new Set(
  "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split(" "),
);

/** Whether carriers want the goods of a shipment declared. */
export function crossesCustoms(shipment: ShipmentRecord): boolean {
  const { from, to } = directionOf(shipment);
  const [a, b] = [from.fields.country, to.fields.country];
  return a !== b && !(UNION.has(a) && UNION.has(b));
}

/** A shipment's declaration as Shippo shows it: of its items only the ids. */
export function renderCustoms({ id, customs }: ShipmentRecord): object {
  const { items, ...declared } = customs as { items: readonly unknown[] };
  return {
    ...declared,
    object_id: `${id.slice(0, 28)}cd00`,
    items: items.map((_, index) => `${id.slice(0, 28)}${(0xc000 + index + 1).toString(16)}`),
  };
}

/** One kind of goods of a declaration. */
export interface DeclaredItem {
  description: string;
  quantity: number;
  /** Of all its units. */
  value: string;
  origin_country: string;
  /** Empty when it was not declared. */
  tariff_number: string;
}

/** What a shipment's declaration says of its goods; nothing without one. It was read by {@link readCustoms}. */
export function declaredItems({ customs }: ShipmentRecord): DeclaredItem[] {
  const { items = [] } = (customs ?? {}) as { items?: readonly Record<string, string>[] };
  return items.map(({ description = "", origin_country = "", tariff_number = "", ...item }) => ({
    description,
    quantity: Number(item["quantity"]),
    value: `${item["value_amount"]} ${item["value_currency"]}`,
    origin_country,
    tariff_number,
  }));
}
