import type { PaymentFact, ProviderFacts, ShopFacts } from "../../cmd/flash/facts.ts";
import type { SandboxLabel } from "../support/sandbox.ts";

/** Who has what, after all has come to rest. */
export interface Books {
  shop: ShopFacts;
  charges: ProviderFacts["charges"];
  labels: readonly SandboxLabel[];
  /** For each e-mail that arrived, the id of its message. */
  emails: readonly string[];
  /** For each text that arrived, the provider's id of it. */
  texts: readonly string[];
  /** The shop's messages, with the provider's ids. */
  messages: readonly {
    id: string;
    orderId: string;
    channel: string;
    state: string;
    eventKey: string;
    providerId: string;
  }[];
}

const ended = ["FULFILLED", "CANCELED"];
const taken = ["SENT", "DELIVERED"];

/** Everything in which the shop, its vendors and its customers do not agree. */
export function compare({ shop, charges, labels, emails, texts, messages }: Books): string[] {
  const wrong: string[] = [];
  const check = (holds: boolean, what: string) => {
    if (!holds) wrong.push(what);
  };
  const paymentsOf = Map.groupBy(shop.payments, ({ orderId }) => orderId);
  const chargesOf = Map.groupBy(charges, ({ orderId }) => orderId);
  const shipmentsOf = Map.groupBy(shop.shipments, ({ orderId }) => orderId);
  for (const { id, state, total } of shop.orders) {
    check(ended.includes(state), `${id} is ${state}`);
    const payments = paymentsOf.get(id) ?? [];
    const paid = payments.filter(isPaid);
    const kept = (chargesOf.get(id) ?? []).filter(({ received }) => received > 0);
    const open = (chargesOf.get(id) ?? []).filter(({ status }) => status === "requires_capture");
    check(open.length === 0, `${id} ${state}: money is still reserved`);
    check(kept.length <= 1, `${id}: charged ${kept.length} times`);
    check(paid.length === kept.length, `${id}: ${paid.length} paid here, ${kept.length} at the provider`);
    const [taken, back] = [sum(kept, "received"), sum(kept, "refunded")];
    check(taken === 0 || taken === total, `${id}: ${taken} taken of ${total}`);
    check(
      back === sum(paid, "refunded"),
      `${id}: ${back} back at the provider, ${sum(paid, "refunded")} here`,
    );
    if (state === "FULFILLED") check(taken === total, `${id} ${state}: ${taken} taken of ${total}`);
    if (state === "CANCELED") check(taken === back, `${id} ${state}: ${taken} taken, ${back} back`);
    for (const shipment of shipmentsOf.get(id) ?? []) {
      const bought = labels.filter(
        ({ metadata, status }) => metadata === shipment.id && status === "SUCCESS",
      );
      const want = state === "FULFILLED" ? 1 : 0;
      check(bought.length === want, `${id} ${state}: ${bought.length} labels of ${shipment.id}`);
    }
    const told = messages.filter(({ orderId }) => orderId === id);
    for (const channel of ["EMAIL", "SMS"]) {
      const kinds = told
        .filter((message) => message.channel === channel)
        .map(({ eventKey }) => eventKey.split(":")[1] ?? "");
      const news = kinds.filter((kind) => ["fulfilled", "canceled", "refunded"].includes(kind));
      // Of an order that all money of went back to, that is said; it is said of a part, too.
      const end = state === "FULFILLED" ? "fulfilled" : news.includes("refunded") ? "refunded" : "canceled";
      const want = end === "fulfilled" && back > 0 ? [end, "refunded"] : [end];
      check(
        news.toSorted().join() === want.join(),
        `${id} ${state}: told ${news.join() || "nothing"} by ${channel}`,
      );
    }
  }
  for (const { id, channel, state, providerId, eventKey } of messages) {
    const arrived = channel === "EMAIL" ? count(emails, id) : count(texts, providerId);
    const want = taken.includes(state) ? 1 : 0;
    check(arrived === want, `${eventKey}: ${channel} is ${state}, ${arrived} arrived`);
  }
  const sent = messages.filter(({ state }) => taken.includes(state)).length;
  check(sent === emails.length + texts.length, `${sent} sent, ${emails.length + texts.length} arrived`);
  for (const { provider, type, state, count: number } of shop.webhooks) {
    check(state === "APPLIED", `${number} webhooks ${type} of ${provider} are ${state}`);
  }
  check(shop.failedJobs.length === 0, `${shop.failedJobs.length} jobs were given up`);
  check(shop.holds.length === 0, `${shop.holds.length} holds are left`);
  return wrong;
}

/** Units of each SKU that are on hand by the orders, and by the books of the stock. */
export function stockOf({ orders, stock }: ShopFacts, stocked: number) {
  const kept = orders.filter(({ state }) => state === "FULFILLED").flatMap(({ lines }) => lines);
  return stock.map(({ sku, onHand, reserved, ledgerOnHand, ledgerReserved }) => {
    const left =
      stocked -
      sum(
        kept.filter((line) => line.sku === sku),
        "quantity",
      );
    return {
      byOrders: [left, 0],
      byCounters: [onHand, reserved],
      byLedger: [ledgerOnHand, ledgerReserved],
    };
  });
}

function isPaid({ state }: PaymentFact): boolean {
  return state === "CAPTURED" || state === "REFUNDED";
}

function sum<K extends string>(of: readonly Record<K, number>[], field: K): number {
  return of.reduce((total, each) => total + each[field], 0);
}

function count(ids: readonly string[], id: string): number {
  return ids.filter((each) => each === id).length;
}
