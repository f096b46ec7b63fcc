import { expect, test } from "vitest";
import type { Buyer } from "./buyer.ts";
import type { Facts } from "./facts.ts";
import { verify } from "./verify.ts";

type Mutable<T> =
  T extends ReadonlyMap<infer K, infer V>
    ? Map<K, V>
    : T extends object
      ? { -readonly [K in keyof T]: Mutable<T[K]> }
      : T;

const buyer: Buyer = {
  index: 1,
  email: "buyer-1@flash.example",
  phone: "+14152000001",
  skus: ["FLASH-1"],
  intention: "pay",
  impatient: false,
  visits: 1,
  outcome: "sold",
  orderId: "ord_1",
  placed: [
    { key: "k1", orderId: "ord_1" },
    { key: "k1", orderId: "ord_1" },
  ],
  toldPaid: ["ord_1"],
  interrupted: false,
  unexpected: [],
};

/** Three units of which one was bought by card and one by transfer; one order was canceled after it was paid. */
function sound(): Mutable<Facts> {
  const messages = (orderId: string, event: string, n: number) => [
    {
      orderId,
      eventKey: `${orderId}:${event}`,
      channel: "EMAIL",
      state: "SENT",
      recipient: `${n}@flash.example`,
    },
    {
      orderId,
      eventKey: `${orderId}:${event}`,
      channel: "SMS",
      state: "DELIVERED",
      recipient: `+1415200000${n}`,
    },
  ];
  const order = (n: number, state: string) => ({
    id: `ord_${n}`,
    cartId: `cart_${n}`,
    state,
    total: 2_500,
    lines: [{ sku: "FLASH-1", quantity: 1 }],
  });
  const payment = (n: number, state: string, method = "card") => ({
    id: `pay_${n}`,
    orderId: `ord_${n}`,
    state,
    amount: 2_500,
    refunded: state === "REFUNDED" ? 2_500 : 0,
    method,
  });
  return {
    units: new Map([["FLASH-1", 3]]),
    buyers: [{ ...structuredClone(buyer), skus: ["FLASH-1"] }],
    unrest: new Map(),
    failedJobs: [],
    webhooks: [
      { provider: "stripe", type: "payment_intent.succeeded", state: "APPLIED", count: 2, repeated: 1 },
    ],
    retriedOrders: [],
    reconciliations: [{ service: "inventory", status: 200, violations: [] }],
    stock: [{ sku: "FLASH-1", onHand: 1, reserved: 0, ledgerOnHand: 1, ledgerReserved: 0, held: 0 }],
    holds: [],
    orders: [order(1, "FULFILLED"), order(2, "FULFILLED"), order(3, "CANCELED")],
    reservations: [
      { id: "ord_1", state: "COMMITTED" },
      { id: "ord_2", state: "EXPIRED" },
      { id: "ord_2:2", state: "COMMITTED" },
      { id: "ord_3", state: "RESTOCKED" },
    ],
    payments: [payment(1, "CAPTURED"), payment(2, "CAPTURED", "BCA_VA"), payment(3, "REFUNDED")],
    charges: [
      { id: "pi_1", orderId: "ord_1", status: "succeeded", received: 2_500, refunded: 0 },
      { id: "pi_0", orderId: "ord_1", status: "requires_payment_method", received: 0, refunded: 0 },
      { id: "pi_3", orderId: "ord_3", status: "succeeded", received: 2_500, refunded: 2_500 },
    ],
    shipments: [1, 2, 3].map((n) => ({ id: `shp_${n}`, orderId: `ord_${n}` })),
    labels: [
      { shipmentId: "shp_1", status: "SUCCESS" },
      { shipmentId: "shp_1", status: "ERROR" },
      { shipmentId: "shp_2", status: "SUCCESS" },
    ],
    messages: [
      ...messages("ord_1", "fulfilled", 1),
      ...messages("ord_2", "fulfilled", 2),
      ...messages("ord_3", "canceled", 3),
    ],
    emails: [1, 2, 3].map((n) => ({ to: `${n}@flash.example` })),
    texts: [1, 2, 3].map((n) => ({ to: `+1415200000${n}` })),
  };
}

const failing = (facts: Facts) =>
  verify(facts)
    .filter(({ violations }) => violations.length > 0)
    .map(({ name }) => name);

test("sound facts pass every check, and each has looked at something", () => {
  const checks = verify(sound());
  expect(failing(sound())).toEqual([]);
  // Nothing is under way, so the first check has nothing to look at.
  expect(checks.slice(1).filter(({ checked }) => checked === 0)).toEqual([]);
});

test.each<[what: string, name: string, violation: string, spoil: (facts: Mutable<Facts>) => void]>([
  [
    "a job is still to be done",
    "the shop came to rest",
    "2 × job order.fulfill still open",
    (facts) => facts.unrest.set("job order.fulfill", 2),
  ],
  [
    "a job was given up",
    "the shop came to rest",
    "job order.undo was given up ord_3",
    (facts) => facts.failedJobs.push({ name: "order.undo", orderId: "ord_3" }),
  ],
  [
    "more was sold than there was",
    "no SKU is oversold",
    "FLASH-1: 2 sold of 1",
    (facts) => facts.units.set("FLASH-1", 1),
  ],
  [
    "more is reserved than there is",
    "no SKU is oversold",
    "FLASH-1: on hand 1, reserved 2",
    (facts) => void Object.assign(facts.stock[0] ?? {}, { reserved: 2 }),
  ],
  [
    "the ledger has another sum",
    "counters = ledger = holds = orders",
    "FLASH-1: on hand 1, ledger 2",
    (facts) => void Object.assign(facts.stock[0] ?? {}, { ledgerOnHand: 2 }),
  ],
  [
    "the ledger of holds has another sum",
    "counters = ledger = holds = orders",
    "FLASH-1: reserved 0, ledger 1",
    (facts) => void Object.assign(facts.stock[0] ?? {}, { ledgerReserved: 1 }),
  ],
  [
    "units are held that no counter knows",
    "counters = ledger = holds = orders",
    "FLASH-1: reserved 0, holds 1",
    (facts) => void Object.assign(facts.stock[0] ?? {}, { held: 1 }),
  ],
  [
    "a unit has gone nowhere",
    "counters = ledger = holds = orders",
    "FLASH-1: on hand 1, not sold 2",
    (facts) => facts.units.set("FLASH-1", 4),
  ],
  [
    "a hold stays",
    "no hold is left",
    "ord_9 holds 1 × FLASH-1",
    (facts) => facts.holds.push({ reservationId: "ord_9", sku: "FLASH-1", quantity: 1 }),
  ],
  [
    "goods went out twice for one order",
    "bought goods are committed, once; others are not",
    "ord_1 FULFILLED: 2 committed",
    (facts) => facts.reservations.push({ id: "ord_1:2", state: "COMMITTED" }),
  ],
  [
    "a canceled order keeps its goods",
    "bought goods are committed, once; others are not",
    "ord_3 CANCELED: 1 committed",
    (facts) => void Object.assign(facts.reservations[3] ?? {}, { state: "COMMITTED" }),
  ],
  [
    "a charge has no order",
    "money is kept for bought orders only, once, and right",
    "ord_9 does not exist: 100 charged without goods",
    (facts) =>
      facts.charges.push({ id: "pi_9", orderId: "ord_9", status: "succeeded", received: 100, refunded: 0 }),
  ],
  [
    "a canceled order was not refunded",
    "money is kept for bought orders only, once, and right",
    "ord_3 CANCELED: 2500 charged without goods",
    (facts) => void Object.assign(facts.charges[2] ?? {}, { refunded: 0 }),
  ],
  [
    "a buyer was charged twice",
    "money is kept for bought orders only, once, and right",
    "ord_1: charged 2 times",
    (facts) =>
      facts.charges.push({ id: "pi_4", orderId: "ord_1", status: "succeeded", received: 2_500, refunded: 0 }),
  ],
  [
    "a buyer was charged another amount",
    "money is kept for bought orders only, once, and right",
    "ord_1: charged 2600, not 2500",
    (facts) => void Object.assign(facts.charges[0] ?? {}, { received: 2_600 }),
  ],
  [
    "the shop does not know that it has the money",
    "money is kept for bought orders only, once, and right",
    "ord_1: Stripe keeps money of 1 payments, the shop of 0",
    (facts) => void Object.assign(facts.payments[0] ?? {}, { state: "AUTHORIZED" }),
  ],
  [
    "goods went out for no money",
    "every bought order was paid, once, and right",
    "ord_2: 0 captured payments",
    (facts) => void Object.assign(facts.payments[1] ?? {}, { state: "FAILED" }),
  ],
  [
    "goods went out for a part of the money",
    "every bought order was paid, once, and right",
    "ord_2: paid 1, refunded 0, total 2500",
    (facts) => void Object.assign(facts.payments[1] ?? {}, { amount: 1 }),
  ],
  [
    "Stripe knows nothing of a payment",
    "every bought order was paid, once, and right",
    "ord_1: goods without a charge at Stripe",
    (facts) => void facts.charges.shift(),
  ],
  [
    "an ended order is still paid for",
    "canceled and expired orders hold no money and no stock",
    "ord_3 CANCELED: payment pay_3 is CAPTURED",
    (facts) => void Object.assign(facts.payments[2] ?? {}, { state: "CAPTURED" }),
  ],
  [
    "money of an ended order is still reserved on the card",
    "canceled and expired orders hold no money and no stock",
    "ord_3 CANCELED: pi_3 is still authorized",
    (facts) => void Object.assign(facts.charges[2] ?? {}, { status: "requires_capture" }),
  ],
  [
    "an ended order still holds goods",
    "canceled and expired orders hold no money and no stock",
    "ord_3 CANCELED: ord_3 still holds",
    (facts) => void Object.assign(facts.reservations[3] ?? {}, { state: "HELD" }),
  ],
  [
    "a cart was ordered twice",
    "no cart became two orders",
    "cart_1: 2 orders",
    (facts) => void Object.assign(facts.orders[1] ?? {}, { cartId: "cart_1" }),
  ],
  [
    "a key made two orders",
    "one key, one order",
    "k1: ord_1, ord_2",
    (facts) => facts.buyers[0]?.placed.push({ key: "k1", orderId: "ord_2" }),
  ],
  [
    "an order that was confirmed is gone",
    "one key, one order",
    "k2: ord_9 does not exist",
    (facts) => facts.buyers[0]?.placed.push({ key: "k2", orderId: "ord_9" }),
  ],
  [
    "a buyer was told to have paid, and has nothing",
    "who was told “paid” has the goods",
    "ord_3: CANCELED",
    (facts) => facts.buyers[0]?.toldPaid.push("ord_3"),
  ],
  [
    "a paid order was forgotten",
    "every bought order is shipped, with one label; others have none",
    "ord_2: paid, not shipped",
    (facts) => void Object.assign(facts.orders[1] ?? {}, { state: "PAID" }),
  ],
  [
    "a label was bought twice",
    "every bought order is shipped, with one label; others have none",
    "ord_1 FULFILLED: 2 labels",
    (facts) => facts.labels.push({ shipmentId: "shp_1", status: "SUCCESS" }),
  ],
  [
    "a canceled order was shipped",
    "every bought order is shipped, with one label; others have none",
    "ord_3 CANCELED: 1 labels",
    (facts) => facts.labels.push({ shipmentId: "shp_3", status: "SUCCESS" }),
  ],
  [
    "a buyer was not told",
    "one e-mail and one text message for each event",
    "ord_1:fulfilled: 0 × EMAIL",
    (facts) => void Object.assign(facts.messages[0] ?? {}, { state: "PENDING" }),
  ],
  [
    "a buyer was told twice",
    "one e-mail and one text message for each event",
    "+14152000002: 1 × SMS recorded, 2 arrived",
    (facts) => facts.texts.push({ to: "+14152000002" }),
  ],
  [
    "a message that was recorded as sent never was",
    "one e-mail and one text message for each event",
    "3@flash.example: 1 × EMAIL recorded, 0 arrived",
    (facts) => void facts.emails.pop(),
  ],
  [
    "a buyer was never told",
    "one e-mail and one text message for each event",
    "ord_3 CANCELED: nobody was told",
    (facts) => void facts.messages.splice(4),
  ],
  [
    "a webhook was given up",
    "every webhook was applied",
    "stripe: 2 × payment_intent.succeeded is DEAD",
    (facts) => void Object.assign(facts.webhooks[0] ?? {}, { state: "DEAD" }),
  ],
  [
    "the shop finds something itself",
    "the shop's own checks find nothing",
    'inventory: {"kind":"KIND_OVERSOLD"}',
    (facts) => facts.reconciliations[0]?.violations.push({ kind: "KIND_OVERSOLD" }),
  ],
  [
    "the shop cannot check itself",
    "the shop's own checks find nothing",
    "payment: Reconcile answered 501",
    (facts) => facts.reconciliations.push({ service: "payment", status: 501, violations: [] }),
  ],
  [
    "a buyer got an answer that nothing foresees",
    "every buyer was answered as the contract says",
    "buyer-1@flash.example: pay: 404 ORDER_NOT_FOUND",
    (facts) => facts.buyers[0]?.unexpected.push("pay: 404 ORDER_NOT_FOUND"),
  ],
])("%s", (_what, name, violation, spoil) => {
  const facts = sound();
  spoil(facts);
  const check = verify(facts).find((each) => each.name === name);
  expect(check?.violations).toContain(violation);
});
