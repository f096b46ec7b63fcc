import { createHash } from "node:crypto";
import type { MethodImpl } from "@connectrpc/connect";
import { ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { keyedCall } from "../../../lib/idempotency/idempotency.ts";
import { keyed } from "../../../lib/idempotency/keyed.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { boxFor } from "../box.ts";
import { toMessage } from "../convert.ts";
import { parcelMoved } from "../parcel-moved.ts";
import { rateShipment } from "../rate-shipment.ts";
import { fail } from "../reasons.ts";
import type { ShippingDeps, ShippingParts } from "../service.ts";
import { newShipment, type Shipment, type ShipmentItem } from "../shipment.ts";
import { splitItems } from "../split.ts";
import { findShipment } from "../store.ts";
import { countShipments, replaceByParts } from "../store-split.ts";

/** More parcels than this of one order are no order any more, and would not stand on one page of a list. */
const maxShipments = 50;

/**
 * Puts two shipments in the place of one. Their rates are asked for before, which is free; the transaction that
 * replaces it is the only thing that counts. Safe to retry with a request_id.
 * Errors: SHIPMENT_NOT_FOUND, SHIPMENT_NOT_SPLITTABLE, ITEM_NOT_IN_SHIPMENT, SPLIT_TAKES_ALL, TOO_MANY_SHIPMENTS,
 * ADDRESS_REFUSED, PROVIDER_UNAVAILABLE, REQUEST_ID_REUSED.
 */
export function splitShipment(deps: ShippingParts): MethodImpl<typeof ShippingService.method.splitShipment> {
  const { db, clock, jobs } = deps;
  const method = ShippingService.method.splitShipment;
  return (request, ctx) => {
    const { shipmentId: id } = request;
    const call = { db, clock, ...keyedCall(method, request, ctx) };
    return keyed(call, async ({ record }) => {
      const whole = await requireSplittable(deps, id);
      const units = request.items.map(({ sku, quantity }) => ({ sku, quantity: Number(quantity) }));
      const { taken, rest } = splitItems(whole, units);
      if ((await countShipments(db, whole.orderId)) >= maxShipments) {
        throw fail("TOO_MANY_SHIPMENTS", { order_id: whole.orderId, limit: String(maxShipments) });
      }
      const parts = [await partOf(deps, whole, taken), await partOf(deps, whole, rest)];
      const answer = await db.transaction(async (tx) => {
        if (!(await replaceByParts(tx, { id, parts, now: clock() }))) return undefined;
        await jobs.enqueue(tx, parcelMoved, { orderId: whole.orderId, shipmentId: id });
        return record(tx, { shipments: parts.map(toMessage) });
      });
      if (answer !== undefined) return answer;
      // Somebody was faster since it was looked at.
      const { state } = await requireSplittable(deps, id);
      throw fail("SHIPMENT_NOT_SPLITTABLE", { shipment_id: id, state });
    });
  };
}

/** Errors: SHIPMENT_NOT_FOUND, SHIPMENT_NOT_SPLITTABLE. */
async function requireSplittable({ db }: ShippingDeps, id: string): Promise<Shipment> {
  const shipment = await findShipment(db, id);
  if (shipment === undefined) throw fail("SHIPMENT_NOT_FOUND", { shipment_id: id });
  const { state, returnOf } = shipment;
  if ((state === "RATED" || state === "READY") && returnOf === "") return shipment;
  throw fail("SHIPMENT_NOT_SPLITTABLE", { shipment_id: id, state });
}

/** A shipment of some of the goods, with rates. Errors: ADDRESS_REFUSED (also when there is no rate), PROVIDER_UNAVAILABLE. */
async function partOf(deps: ShippingParts, whole: Shipment, items: ShipmentItem[]): Promise<Shipment> {
  const { orderId, address, contact, currencyCode, goodsTotal } = whole;
  const content = { id: newId("shp"), orderId, address, contact, currencyCode, goodsTotal, items };
  const rated = await rateShipment(deps, { ...content, parcel: boxFor(items) });
  if (rated.rates.length === 0) {
    throw fail("ADDRESS_REFUSED", { message: `there is no rate in ${currencyCode} for a part` });
  }
  // No request made it, so none may find it by its id.
  const fingerprint = createHash("sha256").update(content.id).digest();
  return newShipment({ ...content, ...rated, fingerprint, now: deps.clock() });
}
