import { afterAll, beforeAll, expect, test } from "vitest";
import { newBuyer, newOrder } from "../support/buyer.ts";
import { reasonIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";
import { bearerOf, newVisitor, signUp, type Visitor } from "./visitor.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop({ ROWLOCK_SIGN_IN_RATE_LIMIT: "0" });
  for (const sku of ["KEPT", "ADDED", "ORDERED"]) await shop.sell(sku);
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const signIn = (visitor: Visitor, email: string, token: string) =>
  visitor.send("POST", "/v1/auth/sign-in/email", {
    body: { email, password: "correct horse" },
    headers: { "rowlock-token": token },
  });

/** Units by SKU in the visitor's current cart. */
async function currentCart(visitor: Visitor): Promise<Record<string, number>> {
  const { body } = await visitor.send("GET", "/v1/carts:current");
  const lines: { sku: string; quantity: number }[] = body.lines;
  return Object.fromEntries(lines.map(({ sku, quantity }) => [sku, quantity]));
}

test("a guest's cart and orders follow into the account at sign-up, and are the guest's no more", async () => {
  const { buyer, order } = await newOrder(shop.rest, ["ORDERED"]);
  const second = await newBuyer(shop.rest);
  await second.add("KEPT", 2);
  const visitor = newVisitor(shop.httpUrl);
  // One token for each cart that the browser made.
  await signUp(visitor, "follow@example.com", { "rowlock-token": `${buyer.token}, ${second.token}` });

  const own = await visitor.send("GET", "/v1/orders:own");
  expect(own.body.orders.map((each: { id: string }) => each.id)).toEqual([order.body.id]);
  expect((await visitor.send("GET", `/v1/orders/${order.body.id}`)).status).toBe(200);
  expect(await currentCart(visitor)).toEqual({ KEPT: 2 });
  for (const { token, path } of [
    { token: buyer.token, path: `/v1/orders/${order.body.id}` },
    { token: second.token, path: `/v1/carts/${second.cartId}` },
  ]) {
    const refused = await shop.rest("GET", path, { token });
    expect([refused.status, reasonIn(refused)]).toEqual([403, "NOT_OWNER"]);
  }
});

test("at sign-in the guest's cart is merged into the one that the account has", async () => {
  const visitor = newVisitor(shop.httpUrl);
  await signUp(visitor, "merge@example.com");
  const cart = await visitor.send("POST", "/v1/carts", { body: {} });
  await visitor.send("POST", `/v1/carts/${cart.body.id}/items`, { body: { sku: "KEPT", quantity: 1 } });

  const guest = await newBuyer(shop.rest);
  await guest.add("KEPT", 2);
  await guest.add("ADDED", 5);
  const elsewhere = newVisitor(shop.httpUrl);
  expect((await signIn(elsewhere, "merge@example.com", guest.token)).status).toBe(200);
  expect(await currentCart(elsewhere)).toEqual({ KEPT: 3, ADDED: 5 });
  // Signing in once more with the same token adds nothing.
  expect((await signIn(elsewhere, "merge@example.com", guest.token)).status).toBe(200);
  expect(await currentCart(elsewhere)).toEqual({ KEPT: 3, ADDED: 5 });
});

test("a token of nothing, or a long list of them, harms nothing", async () => {
  const tokens = Array.from({ length: 200 }, (_, i) => `nothing-${i}`).join(",");
  const answer = await signUp(newVisitor(shop.httpUrl), "nothing@example.com", { "rowlock-token": tokens });
  expect(answer.status).toBe(200);
  expect(
    (await signUp(newVisitor(shop.httpUrl), "empty@example.com", { "rowlock-token": " ,, " })).status,
  ).toBe(200);
});

test("a failed sign-in gives nothing away", async () => {
  await signUp(newVisitor(shop.httpUrl), "victim@example.com");
  const guest = await newBuyer(shop.rest);
  await guest.add("KEPT");
  const answer = await newVisitor(shop.httpUrl).send("POST", "/v1/auth/sign-in/email", {
    body: { email: "victim@example.com", password: "wrong horse" },
    headers: { "rowlock-token": guest.token },
  });
  expect(answer.status).toBe(401);
  expect((await shop.rest("GET", `/v1/carts/${guest.cartId}`, { token: guest.token })).status).toBe(200);
});

test("with a session and a guest's token the caller is the customer", async () => {
  const session = await signUp(newVisitor(shop.httpUrl), "both@example.com");
  const guest = await newBuyer(shop.rest);
  const headers = { ...bearerOf(session), "rowlock-token": guest.token };
  const caller = await newVisitor(shop.httpUrl).send("GET", "/v1/caller", { headers });
  expect(caller.body).toMatchObject({ kind: "KIND_CUSTOMER", id: session.body.user.id });
  const cart = await newVisitor(shop.httpUrl).send("GET", `/v1/carts/${guest.cartId}`, { headers });
  expect([cart.status, reasonIn(cart)]).toEqual([403, "NOT_OWNER"]);
});
