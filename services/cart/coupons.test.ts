import { describe, expect, test } from "vitest";
import type { Cart } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { sha256Hex } from "../../lib/ids/ids.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { emptyCart } from "./cart.ts";
import { maxCoupons, withCoupon, withoutCoupon } from "./coupons.ts";
import { describeCarts, signedIn, skusOf } from "./testing/carts.ts";
import { failureOf } from "./testing/failures.ts";

const codesOf = ({ coupons }: Cart) => coupons.map(({ code }) => code);

describeCarts("coupons", (under) => {
  /** A cart with two units of A, in a shop that has the coupons TEN and FREE. */
  async function cartOfTwo() {
    under.shop.coupons.set("TEN", 10n).set("FREE", 0n);
    const made = await under.newCart();
    await under.client.addItem({ cartId: made.cartId, sku: "A", quantity: 2n }, made.holder);
    return made;
  }

  test("a code is kept in capitals and takes something off, until it is removed", async () => {
    const { client } = under;
    const { cartId, holder } = await cartOfTwo();
    const applied = await client.applyCoupon({ cartId, code: " ten " }, holder);
    const wanted = {
      coupons: [{ code: "TEN", applied: true, reason: "" }],
      itemTotal: { amount: 2000n },
      itemDiscount: { currencyCode: "USD", amount: 10n },
      total: { currencyCode: "USD", amount: 1990n },
      lines: [
        {
          total: { amount: 2000n },
          discounts: [{ promotionId: "prm_TEN", title: "TEN!", code: "TEN", amount: { amount: 10n } }],
          discountedTotal: { amount: 1990n },
        },
      ],
      freeShipping: false,
    };
    expect(applied).toMatchObject(wanted);
    expect(await client.getCart({ cartId }, holder)).toMatchObject(wanted);
    expect(await client.getCurrentCart({}, holder)).toMatchObject(wanted);
    const removed = await client.removeCoupon({ cartId, code: "Ten" }, holder);
    expect(removed).toMatchObject({ coupons: [], itemDiscount: { amount: 0n }, total: { amount: 2000n } });
    expect(removed.lines[0]?.discounts).toEqual([]);
  });

  test("codes stay in the order in which they were given; one that is there is not moved", async () => {
    const { cartId, holder } = await cartOfTwo();
    for (const code of ["FREE", "TEN", "free"]) await under.client.applyCoupon({ cartId, code }, holder);
    const cart = await under.client.getCart({ cartId }, holder);
    expect(codesOf(cart)).toEqual(["FREE", "TEN"]);
    expect(cart).toMatchObject({ freeShipping: true, itemDiscount: { amount: 10n } });
  });

  test("a code that gives nothing for now stays, and says why", async () => {
    under.shop.coupons.set("TEN", 10n);
    const { cartId, holder } = await under.newCart();
    const waiting = [{ code: "TEN", applied: false, reason: "NOTHING_TARGETED" }];
    expect(await under.client.applyCoupon({ cartId, code: "TEN" }, holder)).toMatchObject({
      coupons: waiting,
      total: { currencyCode: "USD", amount: 0n },
    });
    const filled = await under.client.addItem({ cartId, sku: "B", quantity: 1n }, holder);
    expect(filled).toMatchObject({ coupons: [{ applied: true, reason: "" }], total: { amount: 240n } });
    const cleared = await under.client.clearCart({ cartId }, holder);
    expect(cleared).toMatchObject({ coupons: waiting });
  });

  test.each([
    ["nobody's", "NONE"],
    ["too short", "x"],
    ["too long in capitals", "ß".repeat(40)],
    ["of signs", "TEN%"],
    ["of blanks", "   "],
  ])("a code that is %s is not found, and not kept", async (_, code) => {
    const { cartId, holder } = await cartOfTwo();
    const before = await under.client.getCart({ cartId }, holder);
    expect(await failureOf(under.client.applyCoupon({ cartId, code }, holder))).toMatchObject({
      reason: "COUPON_NOT_FOUND",
      metadata: { code: code.trim().toUpperCase() },
    });
    expect(await under.client.getCart({ cartId }, holder)).toEqual(before);
  });

  test("removing what is not there changes nothing", async () => {
    const { cartId, holder } = await cartOfTwo();
    const before = await under.client.applyCoupon({ cartId, code: "TEN" }, holder);
    under.time.now += 1000;
    expect(await under.client.removeCoupon({ cartId, code: "FREE" }, holder)).toEqual(before);
  });

  test("of 20 codes at once ten stay, each once, and items that come meanwhile too", async () => {
    const { cartId, holder } = await under.newCart();
    const codes = Array.from({ length: 20 }, (_, n) => `CODE-${n}`);
    for (const code of codes) under.shop.coupons.set(code, 1n);
    under.shop.sell("A", { USD: 1000n }, 50n);
    const [outcomes] = await Promise.all([
      Promise.all(
        codes.map((code) =>
          under.client.applyCoupon({ cartId, code }, holder).then(
            () => code,
            (err: unknown) => failureOf(Promise.reject(err)).then(({ reason }) => reason),
          ),
        ),
      ),
      ...Array.from({ length: 10 }, () => under.client.addItem({ cartId, sku: "A", quantity: 1n }, holder)),
    ]);
    const cart = await under.client.getCart({ cartId }, holder);
    const kept = outcomes.filter((outcome) => outcome !== "COUPONS_FULL");
    expect(codesOf(cart).sort()).toEqual(kept.sort());
    expect(kept).toHaveLength(maxCoupons);
    expect(skusOf(cart)).toEqual(["10 A"]);
  });

  test("a keyed call is made once", async () => {
    const { cartId, holder } = await cartOfTwo();
    const apply = (code: string) => under.client.applyCoupon({ cartId, code, requestId: "once" }, holder);
    await apply("TEN");
    await under.client.removeCoupon({ cartId, code: "TEN", requestId: "once" }, holder);
    expect(codesOf(await apply("TEN"))).toEqual([]);
    expect(await failureOf(apply("FREE"))).toMatchObject({ reason: "REQUEST_ID_REUSED" });
  });

  test("only the owner changes them, and only in an open cart", async () => {
    const { client } = under;
    const { cartId, holder } = await cartOfTwo();
    const changes = (caller: typeof holder) => [
      () => client.applyCoupon({ cartId, code: "TEN" }, caller),
      () => client.removeCoupon({ cartId, code: "TEN" }, caller),
    ];
    for (const change of changes(as.guest("another"))) {
      expect(await failureOf(change())).toMatchObject({ reason: "NOT_OWNER" });
    }
    await client.freezeCart({ cartId, orderId: "ord_1" }, as.service("order"));
    for (const change of changes(holder)) {
      expect(await failureOf(change())).toMatchObject({ reason: "CART_NOT_OPEN" });
    }
  });

  test("an order gets the codes, and asks itself what they are worth", async () => {
    const { cartId, holder } = await cartOfTwo();
    await under.client.applyCoupon({ cartId, code: "TEN" }, holder);
    const calls = under.shop.calls.promotion;
    const { cart } = await under.client.freezeCart({ cartId, orderId: "ord_1" }, as.service("order"));
    expect(cart).toMatchObject({
      coupons: [{ code: "TEN", applied: false, reason: "" }],
      lines: [{ categoryIds: ["category-A"], taxCategory: "tax-a" }],
    });
    expect(under.shop.calls.promotion).toBe(calls);
    expect(cart?.total).toBeUndefined();
  });

  test("a sign-in brings the guest's codes into the customer's cart, behind its own", async () => {
    const { cart, cartId, holder } = await cartOfTwo();
    for (const code of ["TEN", "FREE"]) await under.client.applyCoupon({ cartId, code }, holder);
    const { id: customerId, caller } = signedIn();
    const mine = await under.client.createCart({}, caller);
    await under.client.applyCoupon({ cartId: mine.id, code: "FREE" }, caller);
    const adopting = { guestId: sha256Hex(cart.token), customerId };
    await under.client.adoptCarts(adopting, as.service("auth"));
    const merged = await under.client.getCurrentCart({}, caller);
    expect(merged.id).toBe(mine.id);
    expect(codesOf(merged)).toEqual(["FREE", "TEN"]);
    expect(skusOf(merged)).toEqual(["2 A"]);
  });
});

describe("codes in a cart", () => {
  const cart = emptyCart({ id: "cart_1", owner: "o", currencyCode: "USD", now: 0 });

  test("the same document when nothing changes", () => {
    const one = withCoupon(cart, "ten");
    expect(one.coupons).toEqual(["TEN"]);
    expect(withCoupon(one, "Ten")).toBe(one);
    expect(withoutCoupon(one, "other")).toBe(one);
    expect(withoutCoupon(one, " TEN")).toEqual(cart);
  });

  test("ten are the most", () => {
    const full = Array.from({ length: maxCoupons }, (_, n) => `C${n}`).reduce(withCoupon, cart);
    expect(withCoupon(full, "c3")).toBe(full);
    expect(() => withCoupon(full, "C10")).toThrow("cart cart_1 may hold 10 coupons");
    expect(withCoupon(withoutCoupon(full, "C0"), "C10").coupons?.at(-1)).toBe("C10");
  });
});
