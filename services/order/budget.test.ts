import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type Buyer, buyerOf, holds, TestOrders } from "./testing/shop.ts";
import { away } from "./testing/wire.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

const nothing = async () => undefined;

/**
 * Order's own statements, `begin` and `commit` included; an enqueued job, one
 * statement more each, is not among them.
 */
test.each<[string, number, (buyer: Buyer) => Promise<unknown>, (buyer: Buyer) => Promise<unknown>]>([
  ["PlaceOrder", 2, nothing, () => shop.place(shop.cart())],
  [
    "PlaceOrder with a key that was used",
    2,
    nothing,
    (buyer) => shop.place(buyer.cartId, { requestId: `place ${buyer.cartId}` }),
  ],
  ["GetOrder", 1, nothing, (buyer) => buyer.get()],
  ["ListOrders", 1, nothing, () => shop.client.listOrders({}, as.staff)],
  ["ListOwnOrders", 1, nothing, ({ cartId }) => shop.client.listOwnOrders({}, buyerOf(cartId))],
  [
    "AdoptOrders",
    1,
    nothing,
    () => shop.client.adoptOrders({ guestId: "0".repeat(64), customerId: "cus_1" }, as.service("gateway")),
  ],
  ["ListOrderEvents", 2, nothing, (buyer) => buyer.events()],
  ["SetShippingMethod", 2, nothing, (buyer) => buyer.choose("rate_1")],
  ["SetShippingMethod of the chosen one", 1, nothing, (buyer) => buyer.choose("rate_0")],
  ["PayOrder by card, without a key", 5, nothing, (buyer) => buyer.pay()],
  ["PayOrder by card, with a key", 5, nothing, (buyer) => buyer.pay("pm_card_visa", "k")],
  [
    "PayOrder with a key that was used",
    1,
    (buyer) => buyer.pay("pm_card_visa", "k"),
    (buyer) => buyer.pay("pm_card_visa", "k"),
  ],
  ["PayOrder by transfer, with a key", 5, nothing, (buyer) => buyer.transfer("BCA_VA", "k")],
  ["ConfirmPayment that still waits", 1, (buyer) => buyer.pay("pm_3ds"), (buyer) => buyer.confirm()],
  [
    "ConfirmPayment that pays",
    5,
    async (buyer) => void shop.payments.set((await buyer.pay("pm_3ds")).payment?.id ?? "", "AUTHORIZED"),
    (buyer) => buyer.confirm(),
  ],
  [
    "SettlePayment that pays",
    5,
    async (buyer) => void shop.payments.set((await buyer.transfer()).payment?.id ?? "", "CAPTURED"),
    (buyer) => buyer.settle(),
  ],
  ["CancelOrder of an unpaid one", 4, nothing, (buyer) => buyer.cancel()],
  ["CancelOrder of a paid one", 5, (buyer) => buyer.pay(), (buyer) => buyer.cancel()],
  [
    "PlaceOrder with promotions",
    3,
    async () => void shop.promotions.offers.push({ code: "", percent: 10 }),
    () => shop.place(shop.cart()),
  ],
  ["RefundOrder of a unit", 11, (buyer) => buyer.pay(), (buyer) => buyer.refund({ MUG: 1 })],
  ["fulfilment", 2, (buyer) => buyer.pay(), () => shop.work()],
  [
    "the sweep of an expired order",
    2 + 3,
    async () => shop.advance(holds.unpaidMs + 1000),
    () => shop.sweep(),
  ],
  ["the sweep of nothing", 2, async (buyer) => void (await buyer.cancel()), () => shop.sweep()],
  [
    "the sweep of a stalled payment",
    2 + 3,
    async (buyer) => {
      shop.wire.after.set("payments.create", away);
      await buyer.pay().catch(() => undefined);
      shop.wire.clear();
      shop.advance(61_000);
    },
    () => shop.sweep(),
  ],
])("%s costs %i statements", async (_what, budget, before, call) => {
  // What earlier tests left would be swept, too.
  await shop.drain();
  const buyer = await shop.ready();
  await before(buyer);
  const sent = shop.statements.length;
  await call(buyer);
  expect(shop.statements.slice(sent).map((text) => text.trim().slice(0, 60))).toHaveLength(budget);
});
