import type { Shippo, Transaction } from "shippo";
import {
  type BoughtLabel,
  type Carrier,
  CarrierRefused,
  CarrierUnavailable,
  type LabelRefund,
} from "./carrier.ts";
import { toRefusal, toUnavailable } from "./shippo-errors.ts";

type Ask = <T extends object>(call: () => Promise<T>) => Promise<Partial<T>>;

const refused = "the carrier does not take this label back";

/**
 * Voids labels through Shippo. A refund has no idempotency key there, but a purchase has one refund at most: it is
 * looked at before, and again when the request is refused.
 */
export function createShippoVoid({
  shippo,
  ask,
  purchasesOf,
}: {
  shippo: Shippo;
  ask: Ask;
  /** @throws CarrierUnavailable */
  purchasesOf: (rateProviderId: string) => Promise<Partial<Transaction>[]>;
}): Pick<Carrier, "voidLabel" | "findRefund"> {
  async function look({ rateProviderId, trackingNumber }: BoughtLabel) {
    const purchases = await purchasesOf(rateProviderId);
    const purchase = purchases.find((each) => each.trackingNumber === trackingNumber);
    return { id: purchase?.objectId, refund: refundOf(purchase) };
  }

  return {
    findRefund: async (label) => (await look(label)).refund,

    async voidLabel(label) {
      const { id, refund } = await look(label);
      if (refund === "REFUSED" || id === undefined) throw new CarrierRefused(refused);
      if (refund !== "LIVE") return refund;
      try {
        const { status } = await ask(() => shippo.refunds.create({ transaction: id, async: false }));
        if (status === "ERROR") throw new CarrierRefused(refused);
        if (status !== undefined) return status === "SUCCESS" ? "DONE" : "PENDING";
      } catch (err) {
        if (err instanceof CarrierRefused) throw err;
        const refusal = toRefusal(err);
        if (refusal === undefined) throw toUnavailable(err);
        // Another call may have asked for it at the same moment.
        const { refund: since } = await look(label);
        if (since === "PENDING" || since === "DONE") return since;
        throw refusal;
      }
      throw new CarrierUnavailable("Shippo's answer is no refund", { pending: false });
    },
  };
}

function refundOf(purchase: Partial<Transaction> | undefined): LabelRefund | "LIVE" {
  switch (purchase?.status) {
    case "REFUNDED":
      return "DONE";
    case "REFUNDPENDING":
      return "PENDING";
    case "REFUNDREJECTED":
      return "REFUSED";
    default:
      return "LIVE";
  }
}
