import { setTimeout as delay } from "node:timers/promises";
import { type Rate, Shippo, type Transaction } from "shippo";
import { HTTPClient } from "shippo/lib/http.js";
import { type Circuit, closedCircuit } from "../../lib/circuit/circuit.ts";
import { within } from "../../lib/within.ts";
import {
  type Carrier,
  CarrierRefused,
  CarrierUnavailable,
  type Label,
  type QuotedRate,
  type Sender,
} from "./carrier.ts";
import { crossesCustoms } from "./customs.ts";
import { createKeepAliveFetch } from "./keep-alive-fetch.ts";
import { toAddressCheck, toRemarks } from "./shippo-address.ts";
import {
  isConnectionReset,
  isOutage,
  isUnknown,
  messageOf,
  read,
  toRefusal,
  toUnavailable,
} from "./shippo-errors.ts";
import { toAddress, toShipment } from "./shippo-shipment.ts";
import { carrierToken, toTracking } from "./shippo-tracking.ts";
import { createShippoVoid } from "./shippo-void.ts";
import { storable } from "./tracking.ts";

/** How a Shippo account is reached. */
export interface ShippoOptions {
  /** `shippo_live_…` or `shippo_test_…`. */
  apiKey: string;
  /** Shippo's own address when not given. */
  serverUrl?: string;
  /** For each call, in milliseconds. */
  timeoutMs: number;
  sender: Sender;
  /** Where goods were made that name no country, ISO 3166-1 alpha-2; the sender's when not given. */
  originCountryCode?: string;
  /** Keeps calls from Shippo while it is away; without one every call is made. */
  circuit?: Circuit;
}

/** How often a purchase that Shippo has queued is looked at. */
const pollMs = 400;

/** Rates and labels through Shippo. */
export function createShippoCarrier({
  apiKey,
  serverUrl,
  timeoutMs,
  sender,
  originCountryCode = sender.countryCode,
  circuit = closedCircuit,
}: ShippoOptions): Carrier {
  const shippo = new Shippo({
    // The SDK sends the option as it is: the scheme belongs to it.
    apiKeyHeader: `ShippoToken ${apiKey.replace(/^ShippoToken\s+/, "")}`,
    shippoApiVersion: "2018-02-08",
    ...(serverUrl === undefined ? {} : { serverURL: serverUrl }),
    // The SDK's retries would repeat POST /transactions, and each repetition buys a label.
    retryConfig: { strategy: "none" },
    httpClient: new HTTPClient({ fetcher: createKeepAliveFetch({ timeoutMs }) }),
  });
  const ask = <T extends object>(call: () => Promise<T>) => circuit(() => read(call()), isOutage);

  return {
    name: "Shippo",
    timeoutMs,
    crossesCustoms: (countryCode) => crossesCustoms(sender.countryCode, countryCode),

    async quote(consignment) {
      const request = toShipment(consignment, { sender, originCountryCode });
      const create = () => ask(() => shippo.shipments.create(request));
      const { objectId, rates, messages } = await create()
        .catch(againIfReset(create))
        .catch((err: unknown) => {
          throw toRefusal(err) ?? toUnavailable(err);
        });
      if (typeof objectId !== "string" || !Array.isArray(rates)) {
        throw new CarrierUnavailable("Shippo's answer is no shipment", { pending: false });
      }
      return { providerId: objectId, rates: rates.flatMap(toQuotedRate), remarks: messageOf(messages) };
    },

    async buyLabel({ rateProviderId, shipmentId }) {
      const startedAt = performance.now();
      const order = {
        rate: rateProviderId,
        labelFileType: "PDF_4x6",
        metadata: shipmentId,
        async: false,
      } as const;
      const transaction = await ask(() => shippo.transactions.create(order)).catch((err: unknown) => {
        throw toRefusal(err) ?? toUnavailable(err);
      });
      return settled(transaction, timeoutMs - (performance.now() - startedAt));
    },

    async findLabel(rateProviderId, voided = []) {
      const startedAt = performance.now();
      const purchases = await purchasesOf(rateProviderId);
      const transaction = livePurchase(
        purchases.filter(({ trackingNumber }) => !voided.includes(trackingNumber ?? "")),
      );
      if (transaction === undefined) return undefined;
      return settled(transaction, timeoutMs - (performance.now() - startedAt));
    },

    async track({ carrier, trackingNumber }) {
      const get = () => ask(() => shippo.trackingStatus.get(trackingNumber, carrierToken(carrier)));
      try {
        const answer = await get().catch(againIfReset(get));
        if (answer.trackingNumber === undefined) throw new Error("the answer is of no parcel");
        return storable(toTracking(answer));
      } catch (err) {
        if (isUnknown(err)) return undefined;
        throw toUnavailable(err);
      }
    },

    checkAddress(address, { timeoutMs: patienceMs }) {
      const asked = ask(() => shippo.addresses.create({ ...toAddress(address), validate: true }));
      const checked = asked.then(
        (answer) => toAddressCheck(address, answer),
        (err: unknown) => {
          const refusal = toRefusal(err);
          if (refusal === undefined) throw toUnavailable(err);
          return { valid: false, remarks: toRemarks(refusal.message.split("; ")), standard: address };
        },
      );
      return within(checked, {
        ms: patienceMs,
        late: () => {
          throw new CarrierUnavailable(`no answer within ${patienceMs} ms`, { pending: true });
        },
      });
    },

    ...createShippoVoid({ shippo, ask, purchasesOf }),
  };

  /** All that was bought for a rate. */
  async function purchasesOf(rateProviderId: string): Promise<Partial<Transaction>[]> {
    const list = () => ask(() => shippo.transactions.list({ rate: rateProviderId, results: 100 }));
    const { results } = await list()
      .catch(againIfReset(list))
      .catch((err: unknown) => {
        throw toUnavailable(err);
      });
    if (!Array.isArray(results)) {
      throw new CarrierUnavailable("Shippo's answer is no list", { pending: false });
    }
    return results.filter(({ rate }) => (typeof rate === "object" ? rate.objectId : rate) === rateProviderId);
  }

  /** The label of a purchase, waiting while Shippo works on it, at most `leftMs`. */
  async function settled(purchase: Partial<Transaction>, leftMs: number): Promise<Label> {
    const deadline = performance.now() + leftMs;
    let transaction = purchase;
    while (transaction.status === "QUEUED" || transaction.status === "WAITING") {
      const { objectId } = transaction;
      if (objectId === undefined || performance.now() + pollMs > deadline) {
        throw new CarrierUnavailable("Shippo still works on the purchase", { pending: true });
      }
      await delay(pollMs);
      transaction = await ask(() => shippo.transactions.get(objectId)).catch((err: unknown) => {
        throw toUnavailable(err);
      });
    }
    return toLabel(transaction);
  }
}

function againIfReset<T>(repeat: () => Promise<T>): (err: unknown) => Promise<T> {
  // A kept-alive connection may be closed just as it is used again; reading is repeated once, buying never.
  return (err) => (isConnectionReset(err) ? repeat() : Promise.reject(err));
}

function livePurchase(purchases: readonly Partial<Transaction>[]): Partial<Transaction> | undefined {
  return (
    purchases.find(({ status }) => status === "SUCCESS") ??
    purchases.find(({ status }) => status === "QUEUED" || status === "WAITING")
  );
}

function toLabel(transaction: Partial<Transaction>): Label {
  const { status, labelUrl, trackingNumber, trackingUrlProvider } = transaction;
  if (status === "ERROR") {
    throw new CarrierRefused(messageOf(transaction.messages) || "the purchase failed");
  }
  if (status !== "SUCCESS" || !labelUrl) {
    throw new CarrierUnavailable(`Shippo answered a purchase with ${status ?? "no status"} and no label`, {
      pending: false,
    });
  }
  return { labelUrl, trackingNumber: trackingNumber ?? "", trackingUrl: trackingUrlProvider ?? "" };
}

/** One rate, or none when it lacks what it is bought by. */
function toQuotedRate(rate: Partial<Rate>): QuotedRate[] {
  const { objectId, amount, currency, servicelevel } = rate;
  if (objectId === undefined || amount === undefined || currency === undefined) return [];
  return [
    {
      providerId: objectId,
      carrier: rate.provider ?? "",
      service: servicelevel?.name ?? servicelevel?.token ?? "",
      amount: String(amount),
      currencyCode: currency,
      estimatedDays: Math.max(0, Math.trunc(rate.estimatedDays ?? 0)),
      attributes: [...(rate.attributes ?? [])],
    },
  ];
}
