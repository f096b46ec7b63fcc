import { afterAll, beforeAll, expect, test } from "vitest";
import { emptyDatabase } from "../../lib/testing/postgres.ts";
import { newBuyer } from "../support/buyer.ts";
import { openShop, testServiceKey } from "../support/shop.ts";
import { bearerOf, cookieHeader, newVisitor, signUp } from "./visitor.ts";

const oldKey = testServiceKey;
const newKey = "the-service-key-that-comes-after-it";

let database: Awaited<ReturnType<typeof emptyDatabase>>;
beforeAll(async () => {
  database = await emptyDatabase();
});
afterAll(() => database?.[Symbol.asyncDispose]());

/** The shop, started anew on the same data with these service keys. */
const openWith = (...keys: string[]) =>
  openShop({
    DATABASE_URL: database.url,
    ROWLOCK_SERVICE_KEY: keys.join(","),
    ROWLOCK_SIGN_IN_RATE_LIMIT: "0",
  });

const statusOf = async (url: string, headers: Record<string, string>) =>
  (await newVisitor(url).send("GET", "/v1/caller", { headers })).status;

test("the service key is exchanged, and sessions, keys and carts go on", { timeout: 60_000 }, async () => {
  const visitor = newVisitor("http://127.0.0.1");
  let session: Record<string, string>;
  let cookie: string;
  let apiKey: { id: string; key: string };
  let guest: { cartId: string; token: string };
  const make = (shop: Awaited<ReturnType<typeof openWith>>) =>
    shop.rest("POST", "/v1/apiKeys", {
      staff: shop.staff,
      key: "the-same-request",
      body: { name: "Robot", role: "ROLE_VIEWER" },
    });
  {
    await using shop = await openWith(oldKey);
    const here = newVisitor(shop.httpUrl);
    session = bearerOf(await signUp(here, "rotates@example.com"));
    for (const [name, value] of here.cookies) visitor.cookies.set(name, value);
    cookie = cookieHeader(visitor.cookies);
    apiKey = (await make(shop)).body;
    guest = await newBuyer(shop.rest);
  }
  {
    await using shop = await openWith(newKey, oldKey);
    expect(await statusOf(shop.httpUrl, session)).toBe(200);
    expect(await statusOf(shop.httpUrl, { cookie })).toBe(200);
    expect(await statusOf(shop.httpUrl, { "x-api-key": apiKey.key })).toBe(200);
    expect((await make(shop)).body).toEqual(apiKey);
    expect((await shop.rest("GET", `/v1/carts/${guest.cartId}`, { token: guest.token })).status).toBe(200);
    // better-auth itself knows them, too.
    for (const headers of [session, { cookie }]) {
      const found = await newVisitor(shop.httpUrl).send("GET", "/v1/auth/get-session", { headers });
      expect(found.body?.user?.email).toBe("rotates@example.com");
    }
    const fresh = await newVisitor(shop.httpUrl).send("POST", "/v1/auth/sign-in/email", {
      body: { email: "rotates@example.com", password: "correct horse" },
    });
    expect(await statusOf(shop.httpUrl, bearerOf(fresh))).toBe(200);
    visitor.cookies.set("fresh", fresh.body.token);
  }
  {
    await using shop = await openWith(newKey);
    expect(await statusOf(shop.httpUrl, session)).toBe(401);
    expect(await statusOf(shop.httpUrl, { authorization: `Bearer ${visitor.cookies.get("fresh")}` })).toBe(
      200,
    );
    // Keys are known by their digests, whatever they were made with; but this one cannot be made again.
    expect(await statusOf(shop.httpUrl, { "x-api-key": apiKey.key })).toBe(200);
    expect((await make(shop)).body).toEqual({ ...apiKey, key: "" });
    expect((await shop.rest("GET", `/v1/carts/${guest.cartId}`, { token: guest.token })).status).toBe(200);
  }
});
