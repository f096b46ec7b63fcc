import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ball, inCart, type PetShopHeaders, petOwner, petShopClient } from "../support/pet-shop.ts";
import { infoIn, reasonIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(async () => {
  await shop?.[Symbol.asyncDispose]();
});

const { send, ok, staff, sell, order, pay } = petShopClient(() => shop);

describe("products", () => {
  test("any of name, description and metadata changes, the rest stays", async () => {
    const { id } = await sell();
    const change = (body: object) => ok("PUT", `/api/products/${id}`, { headers: staff(), body });
    const before = await ok("GET", `/api/products/${id}/`);
    expect(await change({ name: "Ball 2" })).toEqual({
      ...before,
      name: "Ball 2",
      updated: expect.any(Number),
    });
    expect(await change({ description: "" })).toMatchObject({ name: "Ball 2", description: "" });
    expect((await change({ metadata: { for: "cats", type: "", size: "L" } })).metadata).toEqual({
      ...{ category: "toys", for: "cats", size: "L" },
    });
    expect((await change({})).name).toBe("Ball 2");
  });

  test("a category filters, and is found as a word", async () => {
    const name = `aquaria${Date.now()}`;
    const inside = await sell({ name: "Zeppelin", metadata: { category: name } });
    const named = await sell({ name: `A ${name}`, metadata: {} });
    const list = async (query: string) =>
      (await ok("GET", `/api/products/?${query}`)).map((each: { id: string }) => each.id);
    expect(await list(`category=${name}&order_by=name`)).toEqual([named.id, inside.id]);
    expect(await list(`category=${name}`)).toEqual([named.id, inside.id]);
    expect(await list("")).toEqual(expect.arrayContaining([inside.id, named.id]));

    const body = { metadata: { category: `moved${name}` } };
    await ok("PUT", `/api/products/${inside.id}`, { headers: staff(), body });
    expect(await list(`category=moved${name}`)).toEqual([inside.id]);
    expect(await list(`category=${name}`)).not.toContain(inside.id);
  });

  test("what is deleted is gone, and can be deleted again", async () => {
    const { id } = await sell();
    for (const _ of [1, 2]) {
      const answer = await ok("DELETE", `/api/products/${id}`, { headers: staff() });
      expect(answer).toEqual({ id, object: "product", deleted: true });
    }
    expect(reasonIn(await send("GET", `/api/products/${id}`))).toBe("PRODUCT_NOT_FOUND");
    expect(
      reasonIn(await send("PUT", `/api/products/${id}`, { headers: staff(), body: { name: "x" } })),
    ).toBe("PRODUCT_NOT_FOUND");
    const bought = await send("POST", `/api/cart/${id}/buy/`, { body: { quality: 1 } });
    expect([bought.status, reasonIn(bought)]).toEqual([404, "PRODUCT_NOT_FOUND"]);
  });

  test("a key adds a product once", async () => {
    const headers = staff({ "idempotency-key": "one-ball" });
    const [a, b] = await Promise.all([1, 2].map(() => ok("POST", "/api/products/", { headers, body: ball })));
    expect(a).toEqual(b);
    const other = await send("POST", "/api/products/", { headers, body: { ...ball, price: 60 } });
    expect(reasonIn(other)).toBe("REQUEST_ID_REUSED");
  });
});

describe("carts", () => {
  test("are kept apart: by session, by header, and one from the other", async () => {
    const { id, sku } = await sell();
    const line = (quality: number) => [{ type: "sku", parent: sku, quality }];
    const session = async (quality: number) => {
      const bought = await send("POST", `/api/cart/${id}/buy/`, { body: { quality } });
      return (bought.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    };
    const [ada, bob] = [await session(1), await session(2)];
    const token = ada.split("=")[1] ?? "";
    await ok("POST", `/api/cart/${id}/buy/`, { headers: inCart(token), body: { quality: 3 } });
    const cart = (headers: PetShopHeaders) => ok("GET", "/api/cart/", { headers });
    expect(await cart({ cookie: ada })).toEqual(line(1));
    expect(await cart({ cookie: `other=1; ${bob}` })).toEqual(line(2));
    expect(await cart(inCart(token))).toEqual(line(3));
    expect(await cart({ cookie: ada, ...inCart(token) })).toEqual(line(3));
    expect(await cart({ cookie: "micro_services_session=chosen-by-somebody" })).toEqual([]);
    expect(await cart({})).toEqual([]);
  });

  test("a known client is given no other session", async () => {
    const { id } = await sell();
    const buy = (headers?: PetShopHeaders) =>
      send("POST", `/api/cart/${id}/buy/`, { headers, body: { quality: 1 } });
    const cookie = ((await buy()).headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    expect((await buy({ cookie })).headers.get("set-cookie")).toBeNull();
    expect((await buy(inCart("known"))).headers.get("set-cookie")).toBeNull();
    expect((await send("GET", "/api/cart/")).headers.get("set-cookie")).toBeNull();
  });

  test("a line is set, removed and cleared", async () => {
    const headers = inCart("changes");
    const [a, b] = [await sell(), await sell()];
    const at = (id: string, method: string, body?: object) =>
      ok(method, `/api/cart/${id}/`, { headers, body });
    await ok("POST", `/api/cart/${a.id}/buy/`, { headers, body: { quality: 5 } });
    await ok("POST", `/api/cart/${b.id}/buy/`, { headers, body: { quality: 2 } });
    expect(await at(a.id, "PUT", { quality: 1 })).toEqual([
      { type: "sku", parent: a.sku, quality: 1 },
      { type: "sku", parent: b.sku, quality: 2 },
    ]);
    expect(await at(a.id, "DELETE")).toEqual([{ type: "sku", parent: b.sku, quality: 2 }]);
    expect(await at(a.id, "DELETE")).toHaveLength(1);
    expect(await at(b.id, "PUT", { quality: 0 })).toEqual([]);
    expect(await at(a.id, "PUT", { quality: 3 })).toHaveLength(1);
    expect(await ok("DELETE", "/api/cart/", { headers })).toEqual([]);
    expect(await ok("DELETE", "/api/cart/")).toEqual([]);
    expect(await ok("DELETE", `/api/cart/${a.id}/`)).toEqual([]);
  });

  test("a product that is deleted can be removed", async () => {
    const headers = inCart("deleted");
    const { id } = await sell();
    await ok("POST", `/api/cart/${id}/buy/`, { headers, body: { quality: 1 } });
    await ok("DELETE", `/api/products/${id}`, { headers: staff() });
    expect(await ok("DELETE", `/api/cart/${id}/`, { headers })).toEqual([]);
  });

  test("ten first purchases at once are one cart", async () => {
    const { id } = await sell();
    for (const headers of [inCart("at once"), inCart("at once")]) {
      await Promise.all(
        Array.from({ length: 10 }, () =>
          ok("POST", `/api/cart/${id}/buy/`, { headers, body: { quality: 1 } }),
        ),
      );
      expect((await ok("GET", "/api/cart/", { headers }))[0].quality).toBe(10);
      await ok("POST", "/api/cart/checkout/", { headers, body: petOwner });
    }
  });
});

describe("checkout", () => {
  test("the same request is the same order, as it is now; another one has an empty cart", async () => {
    const headers = inCart("again");
    const placed = await order(headers);
    const again = (body: object) => send("POST", "/api/cart/checkout/", { headers, body });
    expect((await again(petOwner)).body).toEqual(placed);
    const shipping_id = placed.shipping_methods[1].id;
    const chosen = await ok("POST", "/api/cart/shipping/", { body: { order_id: placed.id, shipping_id } });
    expect((await again(petOwner)).body).toEqual(chosen);
    const empty = await again({ ...petOwner, name: "Bob" });
    expect([empty.status, reasonIn(empty)]).toEqual([400, "CART_EMPTY"]);
    expect((await pay(placed.id)).status).toBe(200);
    expect(reasonIn(await again(petOwner))).toBe("CART_EMPTY");
  });

  test("at once, it makes one order", async () => {
    const headers = inCart("twice");
    const { id, sku } = await sell();
    await ok("POST", `/api/cart/${id}/buy/`, { headers, body: { quality: 2 } });
    const placed = await Promise.all(
      Array.from({ length: 5 }, () => ok("POST", "/api/cart/checkout/", { headers, body: petOwner })),
    );
    expect(new Set(placed.map((each) => each.id)).size).toBe(1);
    expect(await shop.stock(sku)).toMatchObject({ reserved: 2 });
  });

  test("of two carts with the last unit one is ordered", async () => {
    const { id, sku } = await sell({ inventory: { type: "finite", quantity: 1 } });
    const answers = await Promise.all(
      ["last-a", "last-b"].map(async (name) => {
        const headers = inCart(name);
        await ok("POST", `/api/cart/${id}/buy/`, { headers, body: { quality: 1 } });
        return send("POST", "/api/cart/checkout/", { headers, body: petOwner });
      }),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
    const short = answers.find(({ status }) => status === 409);
    expect(short && infoIn(short)).toMatchObject({
      reason: "INSUFFICIENT_STOCK",
      metadata: { sku, requested: "1", available: "0" },
    });
  });

  test("an address that is refused can be put right", async () => {
    const headers = inCart("refused");
    const { id } = await sell();
    await ok("POST", `/api/cart/${id}/buy/`, { headers, body: { quality: 1 } });
    const body = { ...petOwner, address: { ...petOwner.address, country: "us" }, phone: "call me" };
    expect(infoIn(await send("POST", "/api/cart/checkout/", { headers, body }))?.metadata["field"]).toBe(
      "phone",
    );
    const placed = await ok("POST", "/api/cart/checkout/", { headers, body: { ...body, phone: "" } });
    expect(placed.shipping).toMatchObject({ phone: "", address: { country: "US" } });
    expect((await pay(placed.id)).body).not.toHaveProperty("sms_status_code");
  });

  test.each([
    ["no cart at all", {}],
    ["a cart that never was", { "x-cart-id": "never" }],
  ])("with %s there is nothing to order", async (_, headers) => {
    const answer = await send("POST", "/api/cart/checkout/", { headers, body: petOwner });
    expect([answer.status, reasonIn(answer)]).toEqual([400, "CART_EMPTY"]);
  });
});

describe("payment", () => {
  test("a declined card leaves the order, a good one pays it, once", async () => {
    const { id } = await order(inCart("declined"));
    const declined = await pay(id, "tok_chargeDeclined");
    expect([declined.status, reasonIn(declined)]).toEqual([400, "PAYMENT_DECLINED"]);
    const paid = (await pay(id)).body;
    expect((await pay(id, "tok_visa")).body).toEqual(paid);
    const { body } = await shop.rest("GET", `/v1/payments?orderId=${id}`, { staff: shop.staff });
    expect(body.payments.filter(({ state }: { state: string }) => state === "STATE_CAPTURED")).toHaveLength(
      1,
    );
  });

  test("a bank that wants to ask the buyer cannot be served; another card can", async () => {
    const { id } = await order(inCart("asking"));
    const asked = await pay(id, "pm_card_authenticationRequired");
    expect([asked.status, reasonIn(asked)]).toEqual([400, "PAYMENT_NEEDS_BUYER"]);
    expect((await pay(id)).body.status).toBe("paid");
  });

  test("an order that was canceled cannot be paid, and says so", async () => {
    const { id } = await order(inCart("canceled"));
    await shop.rest("POST", `/v1/orders/${id}:cancel`, { staff: shop.staff, body: {} });
    expect(reasonIn(await pay(id))).toBe("ORDER_NOT_PENDING");
    const shown = await ok("POST", "/api/shipments/", { headers: staff(), body: { id } });
    expect(shown).toMatchObject({
      status: "canceled",
      status_transitions: { canceled: expect.any(Number) },
    });
  });
});
