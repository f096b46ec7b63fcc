import type { MethodImpl } from "@connectrpc/connect";
import { ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { keyedCall } from "../../../lib/idempotency/idempotency.ts";
import { keyed } from "../../../lib/idempotency/keyed.ts";
import { CarrierRefused, CarrierUnavailable } from "../carrier.ts";
import { toMessage } from "../convert.ts";
import { fail } from "../reasons.ts";
import { boughtLabelOf, keepVoid } from "../refunds.ts";
import type { ShippingDeps } from "../service.ts";
import type { Shipment } from "../shipment.ts";
import { findShipment } from "../store.ts";

/**
 * Voids the label of a shipment that no carrier has seen yet, so that another can be bought. The provider is asked
 * first, and its word is repeatable: a call that died in between is finished by the next one.
 * Errors: SHIPMENT_NOT_FOUND, LABEL_NOT_BOUGHT, LABEL_IN_PROGRESS, PARCEL_UNDER_WAY, VOID_REFUSED,
 * PROVIDER_UNAVAILABLE, REQUEST_ID_REUSED.
 */
export function voidLabel(deps: ShippingDeps): MethodImpl<typeof ShippingService.method.voidLabel> {
  const { db, clock } = deps;
  const method = ShippingService.method.voidLabel;
  return (request, ctx) => {
    const call = { db, clock, ...keyedCall(method, request, ctx) };
    return keyed(call, async () => toMessage(await voided(deps, request.shipmentId)));
  };
}

async function voided(deps: ShippingDeps, id: string): Promise<Shipment> {
  const { db, carrier } = deps;
  const shipment = await getExisting(deps, id);
  const hasLabel = requireVoidable(shipment);
  if (!hasLabel) return shipment;
  try {
    const refund = await carrier.voidLabel(boughtLabelOf(shipment));
    return (await keepVoid(deps, shipment, refund)) ?? (await getExisting({ db }, id));
  } catch (err) {
    if (err instanceof CarrierRefused) throw fail("VOID_REFUSED", { message: err.message }, { cause: err });
    if (err instanceof CarrierUnavailable) {
      throw fail("PROVIDER_UNAVAILABLE", { provider: carrier.name }, { cause: err });
    }
    throw err;
  }
}

/** Whether there is a label to void; false when it is voided already. */
function requireVoidable({ id, state, trackingStatus, voidedLabels }: Shipment): boolean {
  const shipment_id = id;
  if (state === "BUYING") throw fail("LABEL_IN_PROGRESS", { shipment_id });
  if (state !== "LABELED") {
    if (voidedLabels.length === 0) throw fail("LABEL_NOT_BOUGHT", { shipment_id });
    return false;
  }
  if (trackingStatus !== "" && trackingStatus !== "PRE_TRANSIT") {
    throw fail("PARCEL_UNDER_WAY", { shipment_id, tracking_status: trackingStatus });
  }
  return true;
}

async function getExisting({ db }: Pick<ShippingDeps, "db">, id: string): Promise<Shipment> {
  const shipment = await findShipment(db, id);
  if (shipment === undefined) throw fail("SHIPMENT_NOT_FOUND", { shipment_id: id });
  return shipment;
}
