import type { TestShop } from "../support/shop.ts";
import { bought, type Journey, type Method, stocked } from "./journey.ts";

/** What became of a buyer's journey, as everybody but the shop's own code sees it. */
export interface Outcome {
  /** The states of the cart's orders. */
  orders: string[];
  /** Where a payment of the order stands as the order sees it; undefined without one. */
  payment: string | undefined;
  onHand: number;
  reserved: number;
  holds: number;
  /** The sum of the ledger: what is on hand, and reserved, by it. */
  ledger: { onHand: number; reserved: number };
  /** Orders that the code in the cart counts. */
  redeemed: number;
  /** What Inventory's own check finds wrong. */
  violations: number;
  /** Times that the card was charged, at the provider; and times that money is still reserved on it. */
  captures: number;
  authorizations: number;
  labels: number;
  /** Subjects of the e-mails. */
  emails: string[];
  texts: number;
}

/** The little of it that tells whether to look for the rest: that takes ten requests. */
export async function readOrders(
  { rest, staff }: TestShop,
  { email }: Journey,
): Promise<Pick<Outcome, "orders" | "payment">> {
  const { body } = await rest("GET", `/v1/orders?email=${email}`, { staff });
  const orders = body.orders as { state: string; payment?: { state: string } }[];
  return { orders: orders.map((order) => order.state), payment: orders[0]?.payment?.state };
}

/** Looks at the shop through REST as staff, and at the vendors' own records. */
export async function readOutcome(shop: TestShop, journey: Journey): Promise<Outcome> {
  const { rest, staff } = shop;
  const { sku, email, phone, promotionId } = journey;
  const get = async (path: string) => (await rest("GET", path, { staff })).body;
  const vendor = async <Item>(kind: string, to: string) => {
    const response = await fetch(`${shop.sandboxUrl}/sandbox/api/${kind}?to=${encodeURIComponent(to)}`);
    return ((await response.json()) as { items: Item[] }).items;
  };
  const [orders, stock, explained, ledger, promotion, checked, payments, labels, emails, texts] =
    await Promise.all([
      readOrders(shop, journey),
      shop.stock(sku),
      get(`/v1/stock/${sku}:explain`),
      get(`/v1/stock/${sku}/ledger`),
      get(`/v1/promotions/${promotionId}`),
      rest("POST", "/v1/stock:reconcile", { staff, body: { dryRun: true, skus: [sku] } }),
      vendor<{ status: string }>("payments", email),
      vendor<{ status: string }>("labels", email),
      vendor<{ subject: string }>("emails", email),
      vendor("messages", phone),
    ]);
  const sum = (field: "onHandDelta" | "reservedDelta") =>
    (ledger.entries as Record<string, number>[]).reduce((total, entry) => total + (entry[field] ?? 0), 0);
  const count = (status: string) => payments.filter((payment) => payment.status === status).length;
  return {
    ...orders,
    onHand: stock.onHand,
    reserved: stock.reserved,
    holds: explained.holds.length,
    ledger: { onHand: sum("onHandDelta"), reserved: sum("reservedDelta") },
    redeemed: promotion.redeemed,
    violations: checked.body.violations.length,
    captures: count("succeeded"),
    authorizations: count("requires_capture"),
    labels: labels.length,
    emails: emails
      .map((each) => each.subject.replace(/ \(ord_\w+\)$/, ""))
      .filter((subject) => !ofStandstill.has(subject))
      .sort(),
    texts: texts.length,
  };
}

/** What is told of an order that stands still, by e-mail alone: whether it did depends on when the process died. */
const ofStandstill = new Set(["We have received your order", "Your order is confirmed"]);

/** Whether the journey may be at an end, by its order alone. */
export function mayBeFinal({ orders: [order] }: Pick<Outcome, "orders">): boolean {
  return order === undefined || order === "STATE_FULFILLED" || order in news;
}

/** Whether the journey is at an end: shipped and told, or nothing held. */
export function isFinal(outcome: Outcome): boolean {
  const { reserved, holds, ledger, redeemed, emails, texts } = outcome;
  const [order] = outcome.orders;
  // A hold that is due counts as free before it is swept.
  const isFree = reserved === 0 && holds === 0 && ledger.reserved === 0 && redeemed === 0;
  switch (order) {
    case undefined:
      return isFree;
    case "STATE_FULFILLED":
      return isTold(emails, texts, "is on its way");
    case "STATE_EXPIRED":
    case "STATE_CANCELED":
      return isFree && isTold(emails, texts, order === "STATE_EXPIRED" ? "expired" : "canceled");
    default:
      return false;
  }
}

function isTold(emails: readonly string[], texts: number, news: string): boolean {
  // Instructions may be withdrawn on one channel after they went out on the other.
  const lasting = new Set(emails.filter((subject) => !instructions.transfer.includes(subject)));
  return texts >= lasting.size && emails.some((subject) => subject.includes(news));
}

/** The messages before that of the end. */
const instructions: Record<Method, string[]> = {
  card: [],
  transfer: ["How to pay for your order"],
  cancel: [],
};

/**
 * What must be when the order was shipped: paid once, one label, one message of each kind. Whoever has paid before
 * being told how is not told any more.
 */
function shipped(method: Method, { emails: told, texts }: Outcome): Outcome {
  const emails = [...instructed(method, told), "Your order is on its way"];
  return {
    orders: ["STATE_FULFILLED"],
    payment: "STATE_CAPTURED",
    onHand: stocked - bought,
    reserved: 0,
    holds: 0,
    ledger: { onHand: stocked - bought, reserved: 0 },
    redeemed: 1,
    violations: 0,
    captures: method === "card" ? 1 : 0,
    authorizations: 0,
    labels: 1,
    emails,
    texts: Math.min(emails.length, Math.max(texts, 1)),
  };
}

function instructed(method: Method, told: readonly string[]): string[] {
  return instructions[method].filter((subject) => told.includes(subject));
}

/** The news of an order that came to nothing. */
const news: Record<string, string> = {
  STATE_EXPIRED: "Your order has expired",
  STATE_CANCELED: "Your order was canceled",
};

/** What must be when it was not: goods and money are where they were, and who had ordered was told so. */
function undone(method: Method, { orders: [order], payment, emails }: Outcome): Outcome {
  const told = order === undefined ? [] : [...instructed(method, emails), news[order] ?? "news"];
  return {
    orders: order === undefined ? [] : [order],
    payment,
    onHand: stocked,
    reserved: 0,
    holds: 0,
    ledger: { onHand: stocked, reserved: 0 },
    redeemed: 0,
    violations: 0,
    captures: 0,
    authorizations: 0,
    labels: 0,
    emails: told,
    texts: told.length,
  };
}

/** The state that a journey is on its way to. */
const destination: Record<Method, string> = {
  card: "STATE_FULFILLED",
  transfer: "STATE_FULFILLED",
  cancel: "STATE_CANCELED",
};

/** What must be at the end of a journey: that it came to its destination, or is undone where that may be. */
export function wanted(method: Method, outcome: Outcome, { mayEndEarly }: { mayEndEarly: boolean }): Outcome {
  const end = destination[method];
  const [order] = outcome.orders;
  if (end === "STATE_FULFILLED" && (order === end || !mayEndEarly)) return shipped(method, outcome);
  return undone(method, mayEndEarly ? outcome : { ...outcome, orders: [end] });
}
