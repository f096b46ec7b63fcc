/** What is declared of goods that cross a customs border. Pure. */
import { toDecimal } from "../../lib/money/money.ts";
import { fail } from "./reasons.ts";
import type { ShipmentItem } from "./shipment.ts";

/** One kind of goods in a customs declaration; amounts are of all its units. */
export interface CustomsItem {
  sku: string;
  description: string;
  quantity: number;
  weightG: number;
  /** Decimal, in major units. */
  value: string;
  /** ISO 4217. */
  currencyCode: string;
  /** Where it was made, ISO 3166-1 alpha-2; empty: what the shop says of all its goods. */
  originCountryCode: string;
  /** Number in the Harmonized System: posts and customs want one of all goods that are sold. */
  tariffNumber: string;
}

/** Members of the European Union: goods in free circulation among them are not declared. */
const union = new Set(
  "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split(" "),
);

/** Whether goods from one country to another are declared. */
export function crossesCustoms(from: string, to: string): boolean {
  return from !== to && !(union.has(from) && union.has(to));
}

/** Carriers print no longer ones. */
const maxDescription = 100;

/**
 * The declaration of a shipment's goods. What costs nothing is declared so, beside goods that have a price.
 * Errors: CUSTOMS_DATA_MISSING.
 */
export function customsItems({
  id,
  items,
  currencyCode,
}: {
  id: string;
  items: readonly ShipmentItem[];
  currencyCode: string;
}): CustomsItem[] {
  const shipment_id = id;
  if (items.length === 0) throw fail("CUSTOMS_DATA_MISSING", { shipment_id, sku: "", missing: "items" });
  if (items.every(({ unitPrice }) => unitPrice === 0)) {
    throw fail("CUSTOMS_DATA_MISSING", { shipment_id, sku: items[0]?.sku ?? "", missing: "unit_price" });
  }
  return items.map(({ sku, title, quantity, unit, unitPrice, originCountryCode = "", tariffNumber = "" }) => {
    if (title === "") throw fail("CUSTOMS_DATA_MISSING", { shipment_id, sku, missing: "title" });
    if (tariffNumber === "") {
      throw fail("CUSTOMS_DATA_MISSING", { shipment_id, sku, missing: "tariff_number" });
    }
    return {
      sku,
      description: title.slice(0, maxDescription),
      quantity,
      weightG: unit.weightG * quantity,
      value: toDecimal({ currencyCode, amount: BigInt(unitPrice) * BigInt(quantity) }),
      ...{ currencyCode, originCountryCode, tariffNumber },
    };
  });
}
