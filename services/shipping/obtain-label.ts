import { setTimeout as delay } from "node:timers/promises";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { ConnectError, HandlerContext } from "@connectrpc/connect";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { purchase } from "./purchase.ts";
import { isFlatRate, rateOf } from "./rates.ts";
import { fail } from "./reasons.ts";
import type { ShippingDeps } from "./service.ts";
import { leaseMs, type Shipment } from "./shipment.ts";
import { claimPurchase, findShipment } from "./store.ts";

/** How often a purchase of another call is looked at, in milliseconds. */
const pollMs = 150;
/** With less time left, in milliseconds, a call that waits says so instead of waiting on. */
const answerMs = 300;

/**
 * The label of a shipment: bought by this call, or by another for which it waits, or from which it takes over.
 * Errors: SHIPMENT_NOT_FOUND, RATE_NOT_SELECTED, RATE_NOT_FOUND, LABEL_REFUSED, LABEL_IN_PROGRESS, PROVIDER_UNAVAILABLE.
 */
export async function obtainLabel(
  deps: ShippingDeps,
  { shipmentId, rateId }: { shipmentId: string; rateId: string },
  ctx: HandlerContext,
): Promise<Shipment> {
  const { db, clock, carrier } = deps;
  for (;;) {
    const now = clock();
    const until = new Date(now.getTime() + leaseMs(carrier));
    const claimed = await claimPurchase(db, { id: shipmentId, rateId, until, now });
    if (claimed?.state === "READY") return claimed;
    const bought = claimed && (await purchase(deps, claimed));
    if (bought !== undefined) return bought;
    const shipment = await ended(deps, shipmentId, ctx);
    if (shipment.state === "LABELED" || shipment.state === "SHIPPED") return shipment;
    if (shipment.state === "SPLIT") throw fail("SHIPMENT_SPLIT", { shipment_id: shipmentId });
    if (shipment.state !== "BUYING") requireRate(shipment, rateId);
    if (shipment.state === "READY" && isFlat(shipment, rateId)) return shipment;
  }
}

/** The shipment when no call has its purchase any more. Errors: LABEL_IN_PROGRESS, SHIPMENT_NOT_FOUND. */
async function ended({ db, clock }: ShippingDeps, id: string, ctx: HandlerContext): Promise<Shipment> {
  for (;;) {
    const shipment = await findShipment(db, id);
    if (shipment === undefined) throw fail("SHIPMENT_NOT_FOUND", { shipment_id: id });
    const leaseLeft = (shipment.buyingUntil?.getTime() ?? 0) - clock().getTime();
    if (shipment.state !== "BUYING" || leaseLeft <= 0) return shipment;
    if ((ctx.timeoutMs() ?? 0) < pollMs + answerMs) throw inProgress(id, leaseLeft);
    await delay(Math.min(pollMs, leaseLeft), undefined, { signal: ctx.signal });
  }
}

/** Whether the rate is one that is named and flat, or none is named: then there is nothing to buy. */
function isFlat(shipment: Shipment, rateId: string): boolean {
  if (rateId === "") return true;
  const rate = rateOf(shipment, rateId);
  return rate !== undefined && isFlatRate(rate);
}

/** Errors: RATE_NOT_SELECTED, RATE_NOT_FOUND. */
function requireRate(shipment: Shipment, rateId: string): void {
  const shipment_id = shipment.id;
  if (rateId === "" && shipment.rateId === "") throw fail("RATE_NOT_SELECTED", { shipment_id });
  if (rateId !== "" && rateOf(shipment, rateId) === undefined) {
    throw fail("RATE_NOT_FOUND", { shipment_id, rate_id: rateId });
  }
}

function inProgress(shipmentId: string, waitMs: number): ConnectError {
  const retry = { desc: RetryInfoSchema, value: { retryDelay: durationFromMs(waitMs) } };
  return fail("LABEL_IN_PROGRESS", { shipment_id: shipmentId }, { details: [retry] });
}
