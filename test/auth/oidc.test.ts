import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../lib/testing/free-port.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { newBuyer } from "../support/buyer.ts";
import { openShop, type TestShop } from "../support/shop.ts";
import { type OidcServer, startOidcServer } from "./oidc-server.ts";
import { followTo, newVisitor, signUp, type Visitor } from "./visitor.ts";

let oidc: OidcServer;
let awayPort: number;
let shop: TestShop;
beforeAll(async () => {
  awayPort = await freePort();
  oidc = await startOidcServer({ sub: "u-1", email: "olga@example.com", email_verified: true, name: "Olga" });
  shop = await openShop({
    ROWLOCK_SIGN_IN_RATE_LIMIT: "0",
    // The second is away, and holds up neither the start nor the first.
    ROWLOCK_OIDC_PROVIDERS: "acme,away",
    ROWLOCK_OIDC_ACME_ISSUER: oidc.issuer,
    ROWLOCK_OIDC_ACME_CLIENT_ID: oidc.clientId,
    ROWLOCK_OIDC_ACME_CLIENT_SECRET: oidc.clientSecret,
    ROWLOCK_OIDC_AWAY_ISSUER: `http://127.0.0.1:${awayPort}`,
    ROWLOCK_OIDC_AWAY_CLIENT_ID: "x",
    ROWLOCK_OIDC_AWAY_CLIENT_SECRET: "x",
  });
  oidc.allow(`${shop.httpUrl}/v1/auth/callback/acme`);
});
afterAll(async () => {
  await shop?.[Symbol.asyncDispose]();
  await oidc?.[Symbol.asyncDispose]();
});

/** Where the provider is asked for whoever comes by. */
async function begin(visitor: Visitor, headers: Record<string, string> = {}): Promise<string> {
  const { status, body } = await visitor.send("POST", "/v1/auth/sign-in/social", {
    body: { provider: "acme", callbackURL: "/docs", errorCallbackURL: "/oops" },
    headers,
  });
  expect([status, body.redirect]).toEqual([200, true]);
  return body.url;
}

/** Signs in, and says as whom. */
async function signIn(visitor: Visitor, headers: Record<string, string> = {}): Promise<string> {
  await followTo(visitor, await begin(visitor, headers), `${shop.httpUrl}/docs`);
  const caller = await visitor.send("GET", "/v1/caller");
  expect(caller.body.kind).toBe("KIND_CUSTOMER");
  return caller.body.id;
}

test("signs a customer in, the same one each time, with what the provider says of her", async () => {
  const visitor = newVisitor(shop.httpUrl);
  const id = await signIn(visitor);
  expect(id).toMatch(/^cus_[0-9a-z]{26}$/);
  const { user } = (await visitor.send("GET", "/v1/auth/get-session")).body;
  expect(user).toMatchObject({ id, name: "Olga", email: "olga@example.com", emailVerified: true });
  expect(await signIn(newVisitor(shop.httpUrl))).toBe(id);
});

test("none of the provider's tokens is kept", async () => {
  const visitor = newVisitor(shop.httpUrl);
  await signIn(visitor);
  const accounts = await visitor.send("GET", "/v1/auth/list-accounts");
  expect(accounts.body).toMatchObject([{ providerId: "acme" }]);
  const token = await visitor.send("POST", "/v1/auth/get-access-token", { body: { providerId: "acme" } });
  expect(token.status).toBeGreaterThanOrEqual(400);
  expect(token.status).toBeLessThan(500);
});

test("what the guest had put into a cart is the customer's after the way through the provider", async () => {
  await shop.sell("OIDC-CART");
  const guest = await newBuyer(shop.rest);
  await guest.add("OIDC-CART", 3);
  oidc.user = { sub: "u-2", email: "gast@example.com", email_verified: true, name: "Gast" };
  const visitor = newVisitor(shop.httpUrl);
  await signIn(visitor, { "rowlock-token": guest.token });
  const cart = await visitor.send("GET", "/v1/carts:current");
  expect([cart.status, cart.body.id]).toEqual([200, guest.cartId]);
  expect((await shop.rest("GET", `/v1/carts/${guest.cartId}`, { token: guest.token })).status).toBe(403);
});

test("takes over no account of somebody who has not confirmed the address", async () => {
  await signUp(newVisitor(shop.httpUrl), "taken@example.com");
  oidc.user = { sub: "u-3", email: "taken@example.com", email_verified: true, name: "Taken" };
  const visitor = newVisitor(shop.httpUrl);
  const end = await followTo(visitor, await begin(visitor), `${shop.httpUrl}/oops`);
  expect(new URL(end).searchParams.get("error")).toBe("account_not_linked");
  expect((await visitor.send("GET", "/v1/caller")).body.kind).toBe("KIND_UNSPECIFIED");
});

test.each<[string, (url: URL) => void]>([
  ["a code that was never given", (url) => url.searchParams.set("code", "made-up")],
  ["a state that was never begun", (url) => url.searchParams.set("state", "made-up")],
  ["no state", (url) => url.searchParams.delete("state")],
])("a return with %s signs nobody in", async (_, spoil) => {
  oidc.user = { sub: "u-1", email: "olga@example.com", email_verified: true, name: "Olga" };
  const visitor = newVisitor(shop.httpUrl);
  const callback = new URL(
    await followTo(visitor, await begin(visitor), `${shop.httpUrl}/v1/auth/callback/acme`),
  );
  spoil(callback);
  const answer = await visitor.send("GET", callback.href);
  expect([answer.status, answer.headers.get("location")]).toEqual([302, expect.stringContaining("error=")]);
  expect((await visitor.send("GET", "/v1/caller")).body.kind).toBe("KIND_UNSPECIFIED");
});

test("another browser cannot finish what one has begun", async () => {
  const visitor = newVisitor(shop.httpUrl);
  const callback = await followTo(visitor, await begin(visitor), `${shop.httpUrl}/v1/auth/callback/acme`);
  const other = newVisitor(shop.httpUrl);
  const answer = await other.send("GET", callback);
  expect(answer.headers.get("location")).toContain("error=state_mismatch");
  expect((await other.send("GET", "/v1/caller")).body.kind).toBe("KIND_UNSPECIFIED");
});

test("a provider that is away is as one that is not configured, until it is back", async () => {
  const ask = () =>
    newVisitor(shop.httpUrl).send("POST", "/v1/auth/sign-in/social", { body: { provider: "away" } });
  const refused = await ask();
  expect([refused.status, refused.body.code]).toEqual([404, "PROVIDER_NOT_FOUND"]);
  await using back = await startOidcServer(oidc.user, awayPort);
  await waitFor(async () => (await ask()).status === 200, { timeoutMs: 20_000 });
  expect((await ask()).body.url).toContain(back.issuer);
  // The other one goes on.
  await signIn(newVisitor(shop.httpUrl));
}, 30_000);
