import type { ConnectError, MethodImpl } from "@connectrpc/connect";
import { ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import type { Clock } from "../../../lib/clock.ts";
import type { Queryable } from "../../../lib/db/index.ts";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { toMessage } from "../convert.ts";
import { rateOf } from "../rates.ts";
import { fail } from "../reasons.ts";
import type { ShippingDeps } from "../service.ts";
import type { Shipment } from "../shipment.ts";
import { selectRate as choose, findShipment } from "../store.ts";

/**
 * Chooses the rate that the label will be bought for. Choosing the chosen rate
 * again changes nothing, even after the label is bought.
 * Errors: SHIPMENT_NOT_FOUND, RATE_NOT_FOUND, LABEL_ALREADY_BOUGHT, LABEL_IN_PROGRESS, REQUEST_ID_REUSED.
 */
export function selectRate({
  db,
  clock,
}: ShippingDeps): MethodImpl<typeof ShippingService.method.selectRate> {
  const method = ShippingService.method.selectRate;
  return async (request, ctx) => {
    const { requestId: key } = request;
    // Without a key the choice is a single statement and needs no transaction.
    if (key === "") return toMessage(await chosen(db, clock, request));
    const call = keyedCall(method, request, ctx);
    return db.transaction((tx) => once(tx, call, async () => toMessage(await chosen(tx, clock, request))));
  };
}

async function chosen(
  db: Queryable,
  clock: Clock,
  { shipmentId, rateId }: { shipmentId: string; rateId: string },
): Promise<Shipment> {
  const updated = await choose(db, { id: shipmentId, rateId, now: clock() });
  if (updated !== undefined) return updated;
  const shipment = await findShipment(db, shipmentId);
  if (shipment === undefined) throw fail("SHIPMENT_NOT_FOUND", { shipment_id: shipmentId });
  if (shipment.rateId === rateId) return shipment;
  throw refusal(shipment, rateId);
}

function refusal(shipment: Shipment, rateId: string): ConnectError {
  const shipment_id = shipment.id;
  if (rateOf(shipment, rateId) === undefined) return fail("RATE_NOT_FOUND", { shipment_id, rate_id: rateId });
  // A shipment that is RATED by now was BUYING when the update looked at it: the caller may try again.
  if (shipment.state === "SPLIT") return fail("SHIPMENT_SPLIT", { shipment_id });
  const isFixed = shipment.state !== "RATED" && shipment.state !== "BUYING";
  return fail(isFixed ? "LABEL_ALREADY_BOUGHT" : "LABEL_IN_PROGRESS", { shipment_id });
}
