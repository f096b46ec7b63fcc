import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "./random.ts";
import { GaveUp, type ShopAnswer, type ShopCall, type ShopClient } from "./shop-client.ts";

/** What a buyer means to do once the order is placed. */
export type Intention =
  | "pay"
  | "decline, then pay"
  | "decline, then leave"
  | "leave"
  | "transfer"
  | "transfer that is rejected"
  | "cancel"
  | "pay, then cancel";

/** How a buyer's visit ended, as the shop has told the buyer. */
export type Outcome =
  | "sold"
  /** Out of stock. */
  | "refused"
  | "declined"
  | "abandoned"
  | "canceled"
  /** The transfer was rejected. */
  | "rejected"
  /** The hold had ended before the payment was through. */
  | "expired"
  /** The shop never answered. */
  | "unanswered"
  /** An answer that nothing foresees; see `unexpected`. */
  | "confused";

/** What a buyer wants, did and was told. */
export interface Buyer {
  readonly index: number;
  readonly email: string;
  readonly phone: string;
  skus: readonly string[];
  intention: Intention;
  /** Whether some requests are sent twice on purpose. */
  impatient: boolean;
  /** How many carts it has tried with. */
  visits: number;
  outcome: Outcome | undefined;
  /** The order placed last. */
  orderId: string | undefined;
  /** Every order that was answered to a key. */
  placed: { key: string; orderId: string }[];
  /** Orders of which the shop has said that they are paid. */
  toldPaid: string[];
  /** Whether calls broke off and had to be repeated. */
  interrupted: boolean;
  unexpected: string[];
}

/** The visit is over, before its end. */
class Leaves extends Error {
  readonly outcome: Outcome;
  constructor(outcome: Outcome, detail = "") {
    super(detail);
    this.outcome = outcome;
  }
}

const address = {
  name: "Ada Lovelace",
  line1: "1 Main St",
  city: "Portland",
  state: "OR",
  postalCode: "97201",
  countryCode: "US",
};

const cards = { good: "pm_card_visa", declined: "pm_card_chargeDeclined" };
const askAgainMs = 500;
const asks = 240;

/** Out of so many, most pay at once. */
const intentions: readonly [Intention, number][] = [
  ["pay", 70],
  ["decline, then pay", 8],
  ["decline, then leave", 3],
  ["leave", 4],
  ["transfer", 6],
  ["transfer that is rejected", 3],
  ["cancel", 3],
  ["pay, then cancel", 3],
];

/** Draws a buyer: what for, how paid, how patient. */
export function newBuyer(index: number, skus: readonly string[], random: Random): Buyer {
  let drawn = random.between(1, 100);
  const [intention] = intentions.find(([, share]) => (drawn -= share) <= 0) ?? ["pay" as const];
  return {
    index,
    email: `buyer-${index}@flash.example`,
    phone: `+1415${String(2_000_000 + index)}`,
    skus: random.shuffled(skus).slice(0, random.between(1, Math.min(3, skus.length))),
    intention,
    impatient: random.chance(0.15),
    visits: 0,
    outcome: undefined,
    orderId: undefined,
    placed: [],
    toldPaid: [],
    interrupted: false,
    unexpected: [],
  };
}

/** The two whom a visit needs: the shop as anybody sees it, and as the buyer, who has the cart's token. */
export interface Doors {
  anybody: ShopClient;
  staff: ShopClient;
  holder(token: string): ShopClient;
}

/** One visit, from an empty cart to its outcome, which is noted on the buyer. Rejects only when the sale is stopped. */
export async function visit(buyer: Buyer, doors: Doors): Promise<void> {
  buyer.visits++;
  try {
    buyer.outcome = await shop(buyer, doors);
  } catch (err) {
    if (err instanceof Leaves) {
      buyer.outcome = err.outcome;
      if (err.message !== "") buyer.unexpected.push(err.message);
    } else if (err instanceof GaveUp) {
      buyer.outcome = "unanswered";
      buyer.unexpected.push(err.message);
    } else {
      throw err;
    }
  }
}

async function shop(buyer: Buyer, doors: Doors): Promise<Outcome> {
  const { visits, email, phone } = buyer;
  const prefix = `flash-buyer-${String(buyer.index).padStart(7, "0")}-${visits}`;
  const cart = ok(
    await doors.anybody.call({
      step: "create cart",
      method: "POST",
      path: "/v1/carts",
      body: {},
      key: `${prefix}-cart`,
    }),
  );
  const holder = doors.holder(cart.token);
  /** Sends a request, and if the buyer is impatient, twice at once; the answers have to be one. */
  const send = async (call: ShopCall): Promise<ShopAnswer> => {
    if (!buyer.impatient) return holder.call(call);
    const [first, second] = await holder.callTwice(call);
    return first.status === 200 ? first : second;
  };
  try {
    for (const [i, sku] of buyer.skus.entries()) {
      const path = `/v1/carts/${cart.id}/items`;
      ok(
        await send({
          step: "add item",
          method: "POST",
          path,
          body: { sku, quantity: 1 },
          key: `${prefix}-add-${i}`,
        }),
      );
    }
    ok(
      await holder.call({
        step: "set address",
        method: "PUT",
        path: `/v1/carts/${cart.id}/delivery`,
        body: { contact: { email, phone }, shippingAddress: address },
        key: `${prefix}-address`,
      }),
    );
    const placing: ShopCall = {
      step: "place order",
      method: "POST",
      path: "/v1/orders",
      body: { cartId: cart.id },
      key: `${prefix}-order`,
    };
    const order = ok(await place(buyer, holder, placing));
    buyer.orderId = order.id;
    if (buyer.intention === "leave") return "abandoned";
    const at = `/v1/orders/${order.id}`;
    ok(
      await holder.call({
        step: "choose rate",
        method: "POST",
        path: `${at}:setShippingMethod`,
        body: { shippingMethodId: order.shippingMethods[0].id },
        key: `${prefix}-rate`,
      }),
    );
    return await finish({ buyer, holder, staff: doors.staff, send, at, prefix });
  } finally {
    buyer.interrupted ||= holder.interrupted;
  }
}

/** Places the order; what each key was answered is noted, also when the two answers of an impatient buyer differ. */
async function place(buyer: Buyer, holder: ShopClient, call: ShopCall): Promise<ShopAnswer> {
  const answers = buyer.impatient ? await holder.callTwice(call) : [await holder.call(call)];
  const made = answers.filter(({ status }) => status === 200);
  for (const { body } of made) buyer.placed.push({ key: call.key ?? "", orderId: body.id });
  const [first, second] = made;
  if (first && second && JSON.stringify(first.body) !== JSON.stringify(second.body)) {
    buyer.unexpected.push("place order: two answers to one key differ");
  }
  return first ?? (answers[0] as ShopAnswer);
}

interface Checkout {
  buyer: Buyer;
  holder: ShopClient;
  staff: ShopClient;
  send: (call: ShopCall) => Promise<ShopAnswer>;
  /** Path of the order. */
  at: string;
  /** Beginning of the keys of this visit. */
  prefix: string;
}

async function finish(checkout: Checkout): Promise<Outcome> {
  switch (checkout.buyer.intention) {
    case "leave":
      return "abandoned";
    case "pay":
      return payByCard(checkout, cards.good);
    case "decline, then pay":
      await payByCard(checkout, cards.declined);
      return payByCard(checkout, cards.good);
    case "decline, then leave":
      return payByCard(checkout, cards.declined);
    case "transfer":
      return payByTransfer(checkout, "confirm");
    case "transfer that is rejected":
      return payByTransfer(checkout, "reject");
    case "cancel":
      return cancel(checkout);
    case "pay, then cancel": {
      const outcome = await payByCard(checkout, cards.good);
      return outcome === "sold" ? cancel(checkout) : outcome;
    }
  }
}

async function payByCard(checkout: Checkout, paymentMethod: string): Promise<Outcome> {
  const { send, at, prefix } = checkout;
  const answer = await send({
    step: "pay",
    method: "POST",
    path: `${at}:pay`,
    body: { card: { paymentMethod } },
    key: `${prefix}-${paymentMethod}`,
  });
  if (answer.reason === "PAYMENT_DECLINED") return "declined";
  return learnOutcome(checkout, answer);
}

/** Asks until the order is paid or ended, if the answer to a payment has not said so. */
async function learnOutcome(checkout: Checkout, answer: ShopAnswer): Promise<Outcome> {
  const { buyer, holder, at } = checkout;
  let last = answer;
  for (let i = 0; i < asks; i++) {
    if (last.reason === "PAYMENT_DECLINED") return "declined";
    if (ending.has(last.reason)) last = await holder.call({ step: "get order", method: "GET", path: at });
    const { id, state, payment } = ok(last);
    if (state === "STATE_PAID" || state === "STATE_FULFILLED") {
      buyer.toldPaid.push(id);
      return "sold";
    }
    if (state !== "STATE_PENDING_PAYMENT") return "expired";
    if (payment?.state === "STATE_FAILED") return "declined";
    await delay(askAgainMs);
    last = await holder.call({
      step: "confirm payment",
      method: "POST",
      path: `${at}:confirmPayment`,
      body: {},
    });
  }
  throw new Leaves("confused", `pay: still pending after ${(asks * askAgainMs) / 1000} s`);
}

/** Refusals of a payment that leave it to the order to say how it ended. */
const ending = new Set(["ORDER_NOT_PENDING", "HOLD_EXPIRED", "PAYMENT_NOT_CAPTURED"]);

async function payByTransfer(checkout: Checkout, verb: "confirm" | "reject"): Promise<Outcome> {
  const { send, staff, at, prefix } = checkout;
  const answer = await send({
    step: "pay",
    method: "POST",
    path: `${at}:pay`,
    body: { bankTransfer: { bank: "BCA_VA" } },
    key: `${prefix}-transfer`,
  });
  if (answer.status !== 200) return learnOutcome(checkout, answer);
  const { payment } = answer.body;
  const decided = await staff.call({
    step: `${verb} transfer`,
    method: "POST",
    path: `/v1/payments/${payment.id}:${verb}`,
    body: {},
    key: `${prefix}-${verb}`,
  });
  if (decided.reason === "PAYMENT_NOT_AWAITING_TRANSFER") return "expired";
  ok(decided);
  const told = await checkout.holder.call({ step: "get order", method: "GET", path: at });
  if (verb === "reject") return "rejected";
  return learnOutcome(checkout, told);
}

async function cancel({ buyer, send, holder, at, prefix }: Checkout): Promise<Outcome> {
  const answer = await send({
    step: "cancel",
    method: "POST",
    path: `${at}:cancel`,
    body: { reason: "changed my mind" },
    key: `${prefix}-cancel`,
  });
  if (answer.reason === "ORDER_NOT_CANCELABLE") {
    const { state } = ok(await holder.call({ step: "get order", method: "GET", path: at }));
    return state === "STATE_EXPIRED" || state === "STATE_CANCELED" ? "expired" : "sold";
  }
  const { id } = ok(answer);
  buyer.toldPaid = buyer.toldPaid.filter((paid) => paid !== id);
  return "canceled";
}

// oxlint-disable-next-line typescript/no-explicit-any
function ok({ status, reason, body }: ShopAnswer): any {
  if (status === 200) return body;
  if (reason === "INSUFFICIENT_STOCK") throw new Leaves("refused");
  if (ending.has(reason)) throw new Leaves("expired");
  throw new Leaves("confused", `${status} ${reason}: ${body?.error?.message ?? ""}`);
}
