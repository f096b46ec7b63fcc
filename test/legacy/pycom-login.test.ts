import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newVisitor, signUp, type Visitor } from "../auth/visitor.ts";
import { reasonIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";

// Facebook's address is fixed in better-auth: what it asks there is answered here.
const facebook = "graph.facebook.com";
const client = { id: "client-of-the-tests", secret: "secret-of-the-tests" };
const answers: Record<string, unknown> = {
  "/v24.0/oauth/access_token": { access_token: "facebook-access", token_type: "bearer" },
  "/debug_token": { data: { is_valid: true, app_id: client.id, user_id: "fb-1" } },
  "/me": {
    id: "fb-1",
    name: "Fay",
    email: "fay@example.com",
    picture: { data: { url: "https://graph.example/fay.png" } },
  },
};
const vendor = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://vendor");
  response.writeHead(pathname in answers ? 200 : 404, { "content-type": "application/json" });
  response.end(JSON.stringify(answers[pathname] ?? {}));
});
const realFetch = globalThis.fetch;

let shop: TestShop;
beforeAll(async () => {
  await new Promise<void>((resolve) => {
    vendor.listen(0, "127.0.0.1", resolve);
  });
  const { port } = vendor.address() as AddressInfo;
  globalThis.fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.hostname !== facebook) return realFetch(input, init);
    return realFetch(`http://127.0.0.1:${port}${url.pathname}${url.search}`, init);
  };
  shop = await openShop({
    ROWLOCK_SIGN_IN_RATE_LIMIT: "0",
    FACEBOOK_CLIENT_ID: client.id,
    FACEBOOK_CLIENT_SECRET: client.secret,
  });
  for (const sku of ["ONE", "TWO"]) await shop.sell(sku);
});
afterAll(async () => {
  globalThis.fetch = realFetch;
  await shop?.[Symbol.asyncDispose]();
  vendor.close();
});

/** Goes to Facebook and comes back, as a browser does. */
async function logIn(visitor: Visitor): Promise<void> {
  const begun = await visitor.send("POST", "/v1/auth/sign-in/social", {
    body: { provider: "facebook", callbackURL: "/docs" },
  });
  const there = new URL(begun.body.url);
  const back = new URL(there.searchParams.get("redirect_uri") ?? "");
  back.searchParams.set("state", there.searchParams.get("state") ?? "");
  back.searchParams.set("code", "good");
  await visitor.send("GET", back.href);
}

const update = (visitor: Visitor, body: object) => visitor.send("POST", "/api/updatecart", { body });
const merge = (visitor: Visitor, sid: string) => visitor.send("POST", "/api/mergecart", { body: { sid } });

/** Units by product that a session's cart shows to a visitor. */
async function cartOf(visitor: Visitor, sid: string): Promise<Record<string, number>> {
  const { body } = await visitor.send("GET", `/api/viewcart/${sid}`);
  const products: { id: string; incart: number }[] = body.products;
  return Object.fromEntries(products.map(({ id, incart }) => [id, incart]));
}

test("a guest's cart is the customer's after the login with Facebook, under whatever session", async () => {
  const visitor = newVisitor(shop.httpUrl);
  await update(visitor, { sid: "before-1", pid: "ONE", v: 2 });
  await logIn(visitor);
  const merged = await merge(visitor, "before-1");
  expect([merged.status, merged.body.products]).toEqual([
    200,
    [expect.objectContaining({ id: "ONE", incart: 2 })],
  ]);
  // The session's id has changed, and the cart has not.
  expect(await cartOf(visitor, "after-1")).toEqual({ ONE: 2 });
  expect(await cartOf(newVisitor(shop.httpUrl), "before-1")).toEqual({});
  await update(visitor, { sid: "after-1", pid: "TWO" });

  // Elsewhere, as a guest again; at the login both carts become one.
  const elsewhere = newVisitor(shop.httpUrl);
  await update(elsewhere, { sid: "before-2", pid: "ONE", v: 3 });
  await logIn(elsewhere);
  expect((await merge(elsewhere, "before-2")).status).toBe(200);
  expect(await cartOf(elsewhere, "after-2")).toEqual({ ONE: 5, TWO: 1 });
  // Repeating it adds nothing.
  await merge(elsewhere, "before-2");
  expect(await cartOf(elsewhere, "after-2")).toEqual({ ONE: 5, TWO: 1 });

  const ordered = await elsewhere.send("POST", "/api/checkout", { body: { sid: "after-2" } });
  expect([ordered.status, ordered.body.products.length]).toEqual([200, 2]);
  const own = await elsewhere.send("GET", "/v1/orders:own");
  expect(own.body.orders.map(({ id }: { id: string }) => id)).toEqual([ordered.body.id]);
});

test("the session that a cart was merged from goes on as a guest's", async () => {
  const visitor = newVisitor(shop.httpUrl);
  await update(visitor, { sid: "shared", pid: "ONE" });
  await signUp(visitor, "shared@example.com");
  await merge(visitor, "shared");
  const guest = newVisitor(shop.httpUrl);
  expect((await update(guest, { sid: "shared", pid: "TWO" })).status).toBe(200);
  expect(await cartOf(guest, "shared")).toEqual({ TWO: 1 });
  expect(await cartOf(visitor, "shared")).toEqual({ ONE: 1 });
});

test("a customer's cart is made at the first change, also without a guest's", async () => {
  const visitor = newVisitor(shop.httpUrl);
  await signUp(visitor, "new@example.com");
  expect((await merge(visitor, "nothing")).body).toMatchObject({ products: [], total: 0 });
  await update(visitor, { sid: "any", pid: "ONE" });
  const own = await visitor.send("GET", "/v1/carts:current");
  expect(own.body.lines).toMatchObject([{ sku: "ONE", quantity: 1 }]);
});

test("without a login there is nothing to merge into", async () => {
  const nobody = await shop.rest("POST", "/api/mergecart", { body: { sid: "x" } });
  expect([nobody.status, reasonIn(nobody)]).toEqual([401, "UNAUTHENTICATED"]);
  const staff = await shop.rest("POST", "/api/mergecart", { staff: shop.staff, body: { sid: "x" } });
  expect([staff.status, reasonIn(staff)]).toEqual([403, "CUSTOMER_ONLY"]);
});

test("an order of the session stays with the session", async () => {
  const visitor = newVisitor(shop.httpUrl);
  await update(visitor, { sid: "ordered", pid: "ONE" });
  const ordered = await visitor.send("POST", "/api/checkout", { body: { sid: "ordered" } });
  await signUp(visitor, "ordered@example.com");
  await merge(visitor, "ordered");
  expect((await visitor.send("GET", `/v1/orders/${ordered.body.id}`)).status).toBe(403);
});
