import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { type Answer, infoIn, reasonIn } from "../support/rest.ts";
import { openPycom } from "./pycom-shop.ts";

const opened = await openPycom();
const { shop, call, asStaff, update, view, sell, session, counts } = opened;
afterAll(() => opened[Symbol.asyncDispose]());

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
