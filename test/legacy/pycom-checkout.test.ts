import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { delivery } from "../support/buyer.ts";
import { reasonIn } from "../support/rest.ts";
import { openPycom } from "./pycom-shop.ts";

const opened = await openPycom();
const { shop, call, asStaff, update, view, sell, session, counts } = opened;
afterAll(() => opened[Symbol.asyncDispose]());

describe("coupons", () => {
  /** A coupon's id that no test before had. */
  const code = () => `c-${randomUUID().slice(0, 8)}`;

  test("as it was: 20 % off", async () => {
    const coupon = {
      id: "flat20",
      name: "Flat 20% off on plastic goods",
      multiplier: 0.8,
      upto: 0,
      flatoff: 0,
    };
    const made = await asStaff("POST", "crudcoupons", coupon);
    expect([made.status, made.body]).toEqual([200, { ...coupon, products: [] }]);
    expect((await asStaff("POST", "crudcoupons", coupon)).body).toEqual(made.body);
    const pid = await sell({ price: 9.99 });
    const sid = await session({ [pid]: 3 });
    const applied = await update({ sid, coupon: "flat20" });
    // A unit at 7.992 is 7.99.
    expect(applied.body).toMatchObject({
      products: [{ id: pid, price: 9.99, incart: 3, discount: 6, total: 23.97 }],
      coupons: [{ id: "FLAT20", applied: true, reason: "" }],
      subtotal: 29.97,
      discount: 6,
      total: 23.97,
    });
    expect((await view(sid)).body).toEqual(applied.body);
    const removed = await update({ sid, coupon: "flat20", v: "delete" });
    expect(removed.body).toMatchObject({ coupons: [], discount: 0, total: 29.97 });
  });

  test.each<
    [{ multiplier?: number; upto?: number; flatoff?: number }, price: number, want: number, why: string]
  >([
    [{ multiplier: 0.8 }, 10, 8, "a share"],
    [{ multiplier: 0.8, upto: 1.5 }, 10, 8.5, "of which no more than upto"],
    [{ multiplier: 0.8, upto: 5 }, 10, 8, "a cap that is not reached"],
    [{ multiplier: 0.8, flatoff: 3 }, 10, 5, "and an amount besides"],
    [{ multiplier: 0.8, upto: 1, flatoff: 3 }, 10, 6, "capped before the amount"],
    [{ flatoff: 2.5 }, 10, 7.5, "an amount alone"],
    [{ multiplier: 0.5, flatoff: 20 }, 10, 0, "never below 0"],
    [{ multiplier: 0 }, 10, 0, "for nothing"],
    [{ multiplier: 0.333333 }, 10, 3.33, "six decimals, by the cent"],
  ])("%j of %d is %d (%s)", async (terms, price, want, _why) => {
    const id = code();
    expect((await asStaff("POST", "crudcoupons", { id, name: "x", ...terms })).status).toBe(200);
    const pid = await sell({ price });
    const sid = await session({ [pid]: 2 });
    const { body } = await update({ sid, coupon: id });
    expect([body.products[0].total, body.total]).toEqual([want * 2, want * 2]);
  });

  test("for some products leave the others at their price", async () => {
    const [cheap, dear] = [await sell({ price: 5 }), await sell({ price: 50 })];
    const id = code();
    await asStaff("POST", "crudcoupons", { id, name: "x", multiplier: 0.5, products: [cheap] });
    const sid = await session({ [cheap]: 1, [dear]: 1 });
    const { body } = await update({ sid, coupon: id.toUpperCase() });
    expect(body.products.map(({ total }: { total: number }) => total)).toEqual([2.5, 50]);
    const other = await session({ [dear]: 1 });
    const nothing = await update({ sid: other, coupon: id });
    expect(nothing.body.coupons).toEqual([
      { id: id.toUpperCase(), applied: false, reason: "NOTHING_TARGETED" },
    ]);
  });

  test("count in the order", async () => {
    const id = code();
    await asStaff("POST", "crudcoupons", { id, name: "x", flatoff: 4 });
    const pid = await sell({ price: 10 });
    const sid = await session({ [pid]: 2 });
    await update({ sid, coupon: id });
    const { body } = await call("POST", "checkout", { sid });
    expect(body).toMatchObject({ subtotal: 20, discount: 8, total: 12, products: [{ total: 12 }] });
  });

  test.each<[Record<string, unknown>, string]>([
    [{ id: "x" }, "an id of one letter"],
    [{ id: "no blanks" }, "an id with a blank"],
    [{ multiplier: 1.1 }, "a dearer price"],
    [{ multiplier: 0.1234567 }, "too many decimals"],
    [{ flatoff: 0.001 }, "a tenth of a cent"],
    [{ upto: -1 }, "a negative cap"],
  ])("%j is a 400 (%s)", async (change) => {
    const answer = await asStaff("POST", "crudcoupons", {
      id: code(),
      name: "x",
      multiplier: 0.5,
      ...change,
    });
    expect([answer.status, reasonIn(answer)]).toEqual([400, "INVALID_ARGUMENT"]);
  });

  test("with an id that is taken, and one that there is not", async () => {
    const id = code();
    await asStaff("POST", "crudcoupons", { id, name: "x", multiplier: 0.5 });
    const taken = await asStaff("POST", "crudcoupons", { id, name: "x", multiplier: 0.6 });
    expect([taken.status, reasonIn(taken)]).toEqual([409, "REQUEST_ID_REUSED"]);
    const unknown = await update({ sid: randomUUID(), coupon: "NO-SUCH" });
    expect([unknown.status, reasonIn(unknown)]).toEqual([404, "COUPON_NOT_FOUND"]);
  });
});

describe("the checkout", () => {
  test("locks the goods, and says where the money goes; repeating it is the same order", async () => {
    const pid = await sell({ price: 12.5, quantity: 4 });
    const sid = await session({ [pid]: 3 });
    const first = await call("POST", "checkout", { sid, payment_method: "bca va" });
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({
      id: expect.stringMatching(/^ord_/),
      status: "checked_out",
      products: [{ id: pid, name: "Bucket", price: 12.5, quantity: 3, total: 37.5 }],
      shipping: 0,
      total: 37.5,
      payment: {
        id: expect.stringMatching(/^pay_/),
        method: "BCA_VA",
        reference: expect.stringMatching(/./),
      },
    });
    expect((await call("POST", "checkout", { sid })).body).toEqual(first.body);
    expect(counts(await view(sid))).toEqual({});
    expect(await shop.stock(pid)).toMatchObject({ onHand: 4, reserved: 3, available: 1 });

    const confirm = `/v1/payments/${first.body.payment.id}:confirm`;
    expect((await shop.rest("POST", confirm, { staff: shop.staff, body: {} })).status).toBe(200);
    expect(await shop.stock(pid)).toMatchObject({ onHand: 1, reserved: 0 });
    const empty = await call("POST", "checkout", { sid });
    expect([empty.status, reasonIn(empty)]).toEqual([400, "CART_EMPTY"]);
    // The session goes on with a new cart.
    expect(counts(await update({ sid, pid }))).toEqual({ [pid]: [1, 1] });
  });

  test("two at once are one order", async () => {
    const pid = await sell();
    const sid = await session({ [pid]: 2 });
    const answers = await Promise.all([1, 2, 3].map(() => call("POST", "checkout", { sid })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.payment.id)).size).toBe(1);
    expect(await shop.stock(pid)).toMatchObject({ reserved: 2 });
  });

  test("of the last units by many sells each once", { timeout: 60_000 }, async () => {
    const pid = await sell({ quantity: 5 });
    const sids = await Promise.all(Array.from({ length: 20 }, () => session({ [pid]: 1 })));
    const answers = await Promise.all(sids.map((sid) => call("POST", "checkout", { sid })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(new Set(refused.map((each) => [each.status, reasonIn(each)].join()))).toEqual(
      new Set(["409,INSUFFICIENT_STOCK"]),
    );
    expect(await shop.stock(pid)).toMatchObject({ onHand: 5, reserved: 5, available: 0 });
  });

  test("ships to an address", async () => {
    await shop.sell("PYCOM-SHIPPED", { price: 1000 });
    const sid = await session({ "PYCOM-SHIPPED": 1 });
    const { contact, shippingAddress: shipping_address } = delivery;
    const { status, body } = await call("POST", "checkout", { sid, contact, shipping_address });
    expect(status).toBe(200);
    expect(body.shipping).toBeGreaterThan(0);
    expect(body.total).toBeCloseTo(10 + body.shipping, 10);
  });

  test("of an empty cart is refused", async () => {
    const answer = await call("POST", "checkout", { sid: randomUUID() });
    expect([answer.status, reasonIn(answer)]).toEqual([400, "CART_EMPTY"]);
  });
});
