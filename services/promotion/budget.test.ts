import { afterAll, beforeAll, expect, test } from "vitest";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { openTestPromotions, type TestPromotions } from "./testing/shop.ts";

let shop: TestPromotions;
let empty: TestPromotions;
let limited: string;
let open: string;
beforeAll(async () => {
  [shop, empty] = await Promise.all([openTestPromotions(), openTestPromotions()]);
  limited = (await shop.makeWith(["LIMITED"], { limit: 90n, customerLimit: 9n }, { limit: 90n })).id;
  open = (await shop.makeWith(["OPEN", "TOO", "OVER"])).id;
  await shop.make({ automatic: true });
  for (let i = 0; i < 9; i++) await shop.redeem(`o-${i}`, [`${open}/OPEN`, `${limited}/LIMITED`]);
  await shop.evaluate("A 1x1000");
  await empty.evaluate("A 1x1000");
});
afterAll(() => Promise.all([shop, empty].map((each) => each?.[Symbol.asyncDispose]())));

const cart = "A 1x1000, B 2x500, ship 490";
const twenty = Array.from({ length: 20 }, (_, i) => `o-new-${i}`);

/** Statements sent, `begin` and `commit` included. */
test.each<[string, number, () => Promise<unknown>]>([
  ["Evaluate of a shop without promotions", 0, () => empty.evaluate(cart, { customerKey: "cus_1" })],
  [
    "Evaluate with automatic promotions",
    0,
    () => shop.evaluate(cart, { customerKey: "cus_1", orderId: "o-1" }),
  ],
  ["Evaluate with codes", 1, () => shop.evaluate(cart, { codes: ["OPEN", "TOO", "NONE"] })],
  [
    "Evaluate with limits",
    2,
    () => shop.evaluate(cart, { codes: ["OPEN", "LIMITED"], customerKey: "cus_1", orderId: "o-1" }),
  ],
  [
    "Evaluate a second later",
    1,
    () => {
      shop.advance(1_000);
      return shop.evaluate(cart);
    },
  ],
  [
    "Evaluate, 20 at once a second later",
    1,
    () => {
      shop.advance(1_000);
      return Promise.all(twenty.map(() => shop.evaluate(cart)));
    },
  ],
  ["Redeem", 7, () => shop.redeem("o-new", [`${open}/OPEN`, `${limited}/LIMITED`])],
  ["Redeem again", 6, () => shop.redeem("o-new", [`${open}/OPEN`, `${limited}/LIMITED`])],
  ["Redeem, 20 at once", 7, () => Promise.all(twenty.map((id) => shop.redeem(id, [`${open}/OPEN`])))],
  ["ReleaseRedemption", 7, () => shop.release("o-new")],
  ["ReleaseRedemption again", 3, () => shop.release("o-new")],
  ["ReleaseRedemption of nothing", 4, () => shop.release("o-none")],
  ["ListRedemptions", 1, () => shop.client.listRedemptions({ promotionId: open }, as.staff)],
  ["GetPromotion", 1, () => shop.client.getPromotion({ promotionId: open }, as.staff)],
  ["ListPromotions", 1, () => shop.client.listPromotions({}, as.staff)],
  ["ListCoupons", 1, () => shop.client.listCoupons({ promotionId: open }, as.staff)],
  ["CreatePromotion", 3, () => shop.make()],
  ["UpdatePromotion", 4, () => shop.update(open, { title: "T" }, ["title"])],
  ["UpdatePromotion with a request_id", 6, () => shop.update(open, { title: "T" }, ["title"], "r")],
  ["CreateCoupons", 4, () => shop.client.createCoupons({ promotionId: open, count: 500 }, as.staff)],
  ["DisableCoupon", 3, () => shop.client.disableCoupon({ code: "OVER" }, as.staff)],
])("%s sends %i", async (_name, budget, call) => {
  shop.statements.length = 0;
  empty.statements.length = 0;
  await call();
  expect([...shop.statements, ...empty.statements]).toHaveLength(budget);
});
