import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { ConnectError, MethodImpl } from "@connectrpc/connect";
import { RetryInfoSchema } from "../../../gen/google/rpc/error_details_pb.js";
import type { ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { CarrierRefused, CarrierUnavailable, type Label } from "../carrier.ts";
import { toMessage } from "../convert.ts";
import { rateOf } from "../rates.ts";
import { fail } from "../reasons.ts";
import type { ShippingDeps } from "../service.ts";
import { leaseMs, type Shipment } from "../shipment.ts";
import { claimPurchase, endPurchase, findShipment, releasePurchase, storeLabel } from "../store.ts";

/**
 * Buys the label of the chosen rate, at most one per shipment. The provider
 * has no idempotency key, so: the intent is committed first and gives one call
 * the right to buy for a time; a call that finds an earlier intent looks for
 * its label before it buys. Buying a bought label returns it.
 * Errors: SHIPMENT_NOT_FOUND, RATE_NOT_SELECTED, RATE_NOT_FOUND, LABEL_REFUSED,
 * LABEL_IN_PROGRESS (another call is at it; retry), PROVIDER_UNAVAILABLE.
 */
export function buyLabel(deps: ShippingDeps): MethodImpl<typeof ShippingService.method.buyLabel> {
  const { db, clock, carrier } = deps;
  return async ({ shipmentId, rateId }) => {
    const now = clock();
    const until = new Date(now.getTime() + leaseMs(carrier));
    const claimed = await claimPurchase(db, { id: shipmentId, rateId, until, now });
    if (claimed === undefined) return toMessage(await labeledOrFail(deps, shipmentId, rateId));
    return toMessage(await purchase(deps, claimed));
  };
}

async function purchase(deps: ShippingDeps, shipment: Shipment): Promise<Shipment> {
  const { db, clock, log } = deps;
  const { id, rateId } = shipment;
  let label: Label;
  try {
    label = await obtainLabel(deps, shipment);
  } catch (err) {
    throw await giveUp(deps, shipment, err);
  }
  const labeled = await storeLabel(db, { id, rateId, label, now: clock() });
  if (labeled !== undefined) return labeled;
  const existing = await findShipment(db, id);
  if (existing?.state !== "LABELED") throw fail("SHIPMENT_NOT_FOUND", { shipment_id: id });
  if (existing.labelUrl !== label.labelUrl) {
    const { trackingNumber } = label;
    log.error(
      { shipmentId: id, rateId, trackingNumber },
      "a purchase outlived its lease: this label is a second one",
    );
  }
  return existing;
}

/** The label of the shipment's rate: the one that an earlier attempt bought, else a new one. */
async function obtainLabel({ carrier, clock, log }: ShippingDeps, shipment: Shipment): Promise<Label> {
  const rate = rateOf(shipment, shipment.rateId);
  if (rate === undefined) throw new Error(`shipment ${shipment.id} lost its rate ${shipment.rateId}`);
  if (shipment.buyAttempts > 1) {
    const bought = await carrier.findLabel(rate.providerId);
    if (bought !== undefined) {
      log.info({ shipmentId: shipment.id }, "found the label that an earlier attempt had bought");
      return bought;
    }
  }
  // A process that stood still may have lost its lease by now; the purchase has to fit into what is left.
  const deadline = (shipment.buyingUntil?.getTime() ?? 0) - carrier.timeoutMs;
  if (clock().getTime() > deadline) {
    throw new CarrierUnavailable("the look-up took the time of the purchase", { pending: false });
  }
  return carrier.buyLabel({ rateProviderId: rate.providerId, shipmentId: shipment.id });
}

/** Leaves the shipment as the failure demands, and says what to tell the caller. */
async function giveUp(
  { db, clock, carrier }: ShippingDeps,
  shipment: Shipment,
  err: unknown,
): Promise<unknown> {
  const attempt = { id: shipment.id, attempt: shipment.buyAttempts, now: clock() };
  if (err instanceof CarrierRefused) {
    await endPurchase(db, attempt);
    return fail("LABEL_REFUSED", { message: err.message }, { cause: err });
  }
  if (err instanceof CarrierUnavailable) {
    // A purchase that may still be at work is not listed yet: the lease stays, and its end is the time to look.
    if (!err.pending) await releasePurchase(db, attempt);
    return fail("PROVIDER_UNAVAILABLE", { provider: carrier.name }, { cause: err });
  }
  return err;
}

/** Tells why the purchase was not to be had; the shipment itself when its label is bought. */
async function labeledOrFail(deps: ShippingDeps, shipmentId: string, rateId: string): Promise<Shipment> {
  const shipment = await findShipment(deps.db, shipmentId);
  if (shipment === undefined) throw fail("SHIPMENT_NOT_FOUND", { shipment_id: shipmentId });
  switch (shipment.state) {
    case "LABELED":
      return shipment;
    case "BUYING":
      throw inProgress(deps, shipment);
    case "RATED":
      if (rateId === "" && shipment.rateId === "")
        throw fail("RATE_NOT_SELECTED", { shipment_id: shipmentId });
      if (rateId !== "" && rateOf(shipment, rateId) === undefined) {
        throw fail("RATE_NOT_FOUND", { shipment_id: shipmentId, rate_id: rateId });
      }
      // It was being bought when the claim looked, and was refused since.
      throw inProgress(deps, shipment);
    default:
      throw new Error(
        `shipment ${shipmentId} is in an unknown state ${String(shipment.state satisfies never)}`,
      );
  }
}

function inProgress({ clock }: ShippingDeps, { id, buyingUntil }: Shipment): ConnectError {
  const wait = Math.max(0, (buyingUntil?.getTime() ?? 0) - clock().getTime());
  const retry = { desc: RetryInfoSchema, value: { retryDelay: durationFromMs(wait) } };
  return fail("LABEL_IN_PROGRESS", { shipment_id: id }, { details: [retry] });
}
