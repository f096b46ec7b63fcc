import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { delivery } from "../support/buyer.ts";
import { type Answer, infoIn, reasonIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const call = (method: string, path: string, body?: unknown, key?: string) =>
  shop.rest(method, `/api/${path}`, { body, key });
const asStaff = (method: string, path: string, body?: unknown, key?: string) =>
  shop.rest(method, `/api/${path}`, { staff: shop.staff, body, key });
const update = (body: Record<string, unknown>, key?: string) => call("POST", "updatecart", body, key);
const view = (sid: string) => call("GET", `viewcart/${sid}`);

/** Makes a product; answers its id. */
async function sell({ price = 10, quantity = 10 } = {}): Promise<string> {
  const made = await asStaff("POST", "crudproducts", { name: "Bucket", price, quantity });
  expect(made.status).toBe(200);
  return made.body.id;
}

/** A session with units of products in its cart. */
async function session(units: Record<string, number>): Promise<string> {
  const sid = randomUUID();
  for (const [pid, v] of Object.entries(units)) expect((await update({ sid, pid, v })).status).toBe(200);
  return sid;
}

/** What an answer says of each product: in the cart, and in stock. */
function counts({ body }: Answer): Record<string, [incart: number, instock: number]> {
  const products: { id: string; incart: number; instock: number }[] = body.products;
  return Object.fromEntries(products.map(({ id, incart, instock }) => [id, [incart, instock]]));
}

describe("products", () => {
  test("are added, changed and deleted", async () => {
    const made = await asStaff("POST", "crudproducts", { name: "Mug", price: 19.99, quantity: 5 });
    const { id } = made.body;
    expect([made.status, made.body]).toEqual([200, { id, name: "Mug", price: 19.99, quantity: 5 }]);

    const renamed = await asStaff("PUT", "crudproducts", { id, name: "Large mug" });
    expect(renamed.body).toEqual({ id, name: "Large mug", price: 19.99, quantity: 5 });
    const repriced = await asStaff("PUT", "crudproducts", { id, price: 24.5 });
    expect(repriced.body).toEqual({ id, name: "Large mug", price: 24.5, quantity: 5 });
    const counted = await asStaff("PUT", "crudproducts", { id, quantity: 7 });
    expect(counted.body).toEqual({ id, name: "Large mug", price: 24.5, quantity: 7 });
    const all = await asStaff("PUT", "crudproducts", { id, name: "Mug", price: 20, quantity: 0 });
    expect(all.body).toEqual({ id, name: "Mug", price: 20, quantity: 0 });

    const deleted = await asStaff("DELETE", "crudproducts", { id });
    expect([deleted.status, deleted.body]).toEqual([200, { id, deleted: true }]);
    for (const method of ["PUT", "DELETE"]) {
      const gone = await asStaff(method, "crudproducts", { id });
      expect([gone.status, reasonIn(gone)]).toEqual([404, "PRODUCT_NOT_FOUND"]);
    }
  });

  test("come and go as forms, too", async () => {
    const send = async (method: string, form: Record<string, string>) => {
      const headers = { authorization: `Bearer ${shop.staff}` };
      const body = new URLSearchParams(form);
      const response = await fetch(`${shop.httpUrl}/api/crudproducts`, { method, headers, body });
      return (await response.json()) as Record<string, unknown>;
    };
    const { id } = await send("POST", { name: "Tea & cake", price: "3.5", quantity: "4" });
    expect(await send("PUT", { id: String(id), quantity: "9" })).toEqual({
      id,
      name: "Tea & cake",
      price: 3.5,
      quantity: 9,
    });
    expect(await send("DELETE", { id: String(id) })).toEqual({ id, deleted: true });
  });

  test("with several variants lose one, and keep their other prices", async () => {
    const usd = { currencyCode: "USD", amount: 1000 };
    const eur = { currencyCode: "EUR", amount: 900 };
    const [small, large] = [`S-${randomUUID()}`, `L-${randomUUID()}`];
    const made = await shop.rest("POST", "/v1/products", {
      staff: shop.staff,
      body: {
        title: "Shirt",
        options: [{ name: "Size", values: ["S", "L"] }],
        variants: [
          { sku: small, title: "S", optionValues: { Size: "S" }, prices: [usd, eur] },
          { sku: large, title: "L", optionValues: { Size: "L" }, prices: [usd, eur] },
        ],
      },
    });
    const variants = async () => (await shop.rest("GET", `/v1/products/${made.body.id}`)).body.variants;
    await asStaff("PUT", "crudproducts", { id: small, price: 8 });
    expect(await variants()).toMatchObject([
      { sku: small, prices: expect.arrayContaining([eur, { ...usd, amount: 800 }]) },
      { sku: large, prices: expect.arrayContaining([eur, usd]) },
    ]);
    await asStaff("DELETE", "crudproducts", { id: small });
    expect(await variants()).toMatchObject([{ sku: large }]);
  });

  test("that several change at once have all the changes", async () => {
    const id = await sell();
    const changes = [{ name: "One" }, { price: 11 }, { quantity: 12 }];
    const answers = await Promise.all(changes.map((each) => asStaff("PUT", "crudproducts", { id, ...each })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const now = await asStaff("PUT", "crudproducts", { id });
    expect(now.body).toEqual({ id, name: "One", price: 11, quantity: 12 });
  });

  test("are made once by their key, and a late repetition sets no stock", async () => {
    const key = randomUUID();
    const body = { name: "Once", price: 1, quantity: 3 };
    const first = await asStaff("POST", "crudproducts", body, key);
    expect((await asStaff("POST", "crudproducts", body, key)).body).toEqual(first.body);
    const { id } = first.body;
    const counted = randomUUID();
    await asStaff("PUT", "crudproducts", { id, quantity: 8 }, counted);
    await asStaff("PUT", "crudproducts", { id, quantity: 5 });
    await asStaff("PUT", "crudproducts", { id, quantity: 8 }, counted);
    expect(await shop.stock(id)).toMatchObject({ onHand: 5 });
  });

  test("hold what orders have locked", async () => {
    const id = await sell({ quantity: 5 });
    await call("POST", "checkout", { sid: await session({ [id]: 3 }) });
    const refused = await asStaff("PUT", "crudproducts", { id, quantity: 2 });
    expect([refused.status, reasonIn(refused)]).toEqual([400, "STOCK_BELOW_RESERVED"]);
  });
});

describe("the cart", () => {
  test("each form of v, by POST and by PUT", async () => {
    const pid = await sell({ price: 2.5 });
    const sid = randomUUID();
    expect((await view(sid)).body).toMatchObject({
      sid,
      products: [],
      coupons: [],
      total: 0,
      currency: "USD",
    });

    const added = await update({ sid, pid });
    expect([added.status, counts(added)]).toEqual([200, { [pid]: [1, 10] }]);
    expect(counts(await update({ sid, pid, v: "" }))).toEqual({ [pid]: [2, 10] });
    expect(counts(await update({ sid, pid, v: null }))).toEqual({ [pid]: [3, 10] });
    expect(counts(await update({ sid, pid, v: "7" }))).toEqual({ [pid]: [7, 10] });
    expect(counts(await update({ sid, pid, v: 4 }))).toEqual({ [pid]: [4, 10] });
    expect(counts(await call("PUT", "updatecart", { sid, pid, v: 6 }))).toEqual({ [pid]: [6, 10] });

    const seen = await view(sid);
    expect(seen.body).toEqual({
      sid,
      products: [
        {
          id: pid,
          name: "Bucket",
          price: 2.5,
          incart: 6,
          instock: 10,
          requested: 6,
          discount: 0,
          total: 15,
          notices: [],
        },
      ],
      coupons: [],
      subtotal: 15,
      discount: 0,
      total: 15,
      currency: "USD",
    });
    expect(counts(await update({ sid, pid, v: "delete" }))).toEqual({});
    expect(counts(await update({ sid, pid, v: "delete" }))).toEqual({});
    expect(counts(await update({ sid, pid, v: 2 }))).toEqual({ [pid]: [2, 10] });
    expect(counts(await update({ sid, pid, v: 0 }))).toEqual({});
    // It has gone from no other session, and nothing of it is another's.
    expect(counts(await view(randomUUID()))).toEqual({});
  });

  test("takes forms", async () => {
    const pid = await sell();
    const sid = randomUUID();
    const send = async (form: Record<string, string>) => {
      const body = new URLSearchParams({ sid, pid, ...form });
      const response = await fetch(`${shop.httpUrl}/api/updatecart`, { method: "POST", body });
      return counts({ status: response.status, headers: response.headers, body: await response.json() });
    };
    expect(await send({})).toEqual({ [pid]: [1, 10] });
    expect(await send({ v: "" })).toEqual({ [pid]: [2, 10] });
    expect(await send({ v: "5" })).toEqual({ [pid]: [5, 10] });
    expect(await send({ v: "delete" })).toEqual({});
  });

  test("a product named by a number is that SKU", async () => {
    await shop.sell("90125");
    expect(counts(await update({ sid: randomUUID(), pid: 90125 }))).toEqual({ "90125": [1, 100] });
  });

  test("one more with the same key is one more", async () => {
    const pid = await sell();
    const sid = randomUUID();
    const key = randomUUID();
    await update({ sid, pid }, key);
    expect(counts(await update({ sid, pid }, key))).toEqual({ [pid]: [1, 10] });
    const other = await update({ sid, pid: await sell() }, key);
    expect([other.status, reasonIn(other)]).toEqual([409, "REQUEST_ID_REUSED"]);
  });

  test("first changes at the same moment all count", async () => {
    const pids = await Promise.all(Array.from({ length: 6 }, () => sell()));
    const sid = randomUUID();
    const answers = await Promise.all(pids.map((pid) => update({ sid, pid })));
    expect(answers.map(({ status }) => status)).toEqual(pids.map(() => 200));
    expect(counts(await view(sid))).toEqual(Object.fromEntries(pids.map((pid) => [pid, [1, 10]])));
  });

  test.each<[Record<string, unknown>, string]>([
    [{ v: -1 }, "fewer than none"],
    [{ v: 1.5 }, "half a unit"],
    [{ v: "many" }, "no number"],
    [{ v: 10_001 }, "too many"],
    [{ v: true }, "neither number nor text"],
    [{ pid: "" }, "no product"],
    [{ pid: undefined }, "neither product nor coupon"],
    [{ sid: "" }, "no session"],
  ])("%j is a 400 (%s)", async (change) => {
    const answer = await update({ sid: "s", pid: "p", ...change });
    expect([answer.status, reasonIn(answer)]).toEqual([400, "INVALID_ARGUMENT"]);
  });

  test("a product that there is not is a 404", async () => {
    const answer = await update({ sid: randomUUID(), pid: "NO-SUCH" });
    expect([answer.status, reasonIn(answer)]).toEqual([404, "SKU_NOT_FOUND"]);
  });

  test.each(["POST", "PUT", "DELETE"])(
    "%s of products is staff's business, and so are coupons",
    async (method) => {
      for (const path of method === "POST" ? ["crudproducts", "crudcoupons"] : ["crudproducts"]) {
        const answer = await call(method, path, { id: "abc" });
        expect([answer.status, reasonIn(answer)]).toEqual([401, "UNAUTHENTICATED"]);
      }
    },
  );
});

describe("the three cases that were handled", () => {
  /** The one product of an answer. */
  const only = ({ body }: Answer) => body.products[0];

  test("a product in the cart was deleted", async () => {
    const [gone, stays] = [await sell(), await sell({ price: 3 })];
    const sid = await session({ [gone]: 2, [stays]: 1 });
    await asStaff("DELETE", "crudproducts", { id: gone });
    const seen = await view(sid);
    expect(only(seen)).toMatchObject({ id: gone, incart: 0, requested: 2, notices: ["deleted"], total: 0 });
    expect(seen.body.total).toBe(3);
    const refused = await update({ sid, pid: gone });
    expect([refused.status, reasonIn(refused)]).toEqual([404, "SKU_NOT_FOUND"]);
    const blocked = await call("POST", "checkout", { sid });
    expect([blocked.status, reasonIn(blocked)]).toEqual([400, "CART_LINE_INVALID"]);
    expect(counts(await update({ sid, pid: gone, v: "delete" }))).toEqual({ [stays]: [1, 10] });
    expect((await call("POST", "checkout", { sid })).status).toBe(200);
  });

  test("a product was in stock and no longer is", async () => {
    const pid = await sell({ quantity: 2 });
    const sid = await session({ [pid]: 1 });
    await call("POST", "checkout", { sid: await session({ [pid]: 2 }) });
    const seen = only(await view(sid));
    expect(seen).toMatchObject({ incart: 0, instock: 0, requested: 1, notices: ["out_of_stock"], total: 0 });
    for (const refused of [await update({ sid, pid }), await update({ sid, pid, v: 1 })]) {
      expect([refused.status, reasonIn(refused)]).toEqual([409, "INSUFFICIENT_STOCK"]);
      expect(infoIn(refused)?.metadata).toMatchObject({ sku: pid, available: "0" });
    }
    const blocked = await call("POST", "checkout", { sid });
    expect([blocked.status, reasonIn(blocked)]).toEqual([409, "INSUFFICIENT_STOCK"]);
  });

  test("a product has less stock than the cart holds: the page lowers it to what is left", async () => {
    const pid = await sell({ quantity: 5, price: 4 });
    const sid = await session({ [pid]: 4 });
    await call("POST", "checkout", { sid: await session({ [pid]: 3 }) });
    const seen = await view(sid);
    expect(only(seen)).toMatchObject({ incart: 2, instock: 2, requested: 4, notices: ["lowered"], total: 8 });
    expect(seen.body.total).toBe(8);
    const refused = await call("POST", "checkout", { sid });
    expect([refused.status, infoIn(refused)]).toEqual([
      409,
      expect.objectContaining({
        reason: "INSUFFICIENT_STOCK",
        metadata: expect.objectContaining({ sku: pid, requested: "4", available: "2" }),
      }),
    ]);
    const lowered = await update({ sid, pid, v: only(seen).instock });
    expect(only(lowered)).toMatchObject({ incart: 2, requested: 2, notices: [] });
    expect((await call("POST", "checkout", { sid })).status).toBe(200);
    expect(await shop.stock(pid)).toMatchObject({ onHand: 5, reserved: 5, available: 0 });
  });
});

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
