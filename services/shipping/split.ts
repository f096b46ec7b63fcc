import { fail } from "./reasons.ts";
import type { Shipment, ShipmentItem } from "./shipment.ts";

/** Units that are to leave a shipment. */
export interface Units {
  sku: string;
  quantity: number;
}

/**
 * What leaves a shipment, and what stays: together what it holds, to the unit.
 * Errors: ITEM_NOT_IN_SHIPMENT, SPLIT_TAKES_ALL.
 */
export function splitItems(
  { id: shipment_id, items }: Pick<Shipment, "id" | "items">,
  units: readonly Units[],
): { taken: ShipmentItem[]; rest: ShipmentItem[] } {
  const wanted = new Map(units.map(({ sku, quantity }) => [sku, quantity]));
  for (const [sku, quantity] of wanted) {
    const held = items.find((item) => item.sku === sku)?.quantity ?? 0;
    if (quantity > held) throw fail("ITEM_NOT_IN_SHIPMENT", { shipment_id, sku, quantity: String(held) });
  }
  const partOf = (quantityOf: (item: ShipmentItem) => number) =>
    items.map((item) => ({ ...item, quantity: quantityOf(item) })).filter(({ quantity }) => quantity > 0);
  const taken = partOf(({ sku }) => wanted.get(sku) ?? 0);
  const rest = partOf(({ sku, quantity }) => quantity - (wanted.get(sku) ?? 0));
  if (rest.length === 0) throw fail("SPLIT_TAKES_ALL", { shipment_id });
  return { taken, rest };
}
