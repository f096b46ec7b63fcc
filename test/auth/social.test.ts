import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newBuyer } from "../support/buyer.ts";
import { openShop, type TestShop } from "../support/shop.ts";
import { newVisitor, type Visitor } from "./visitor.ts";

// Facebook's and Google's addresses are fixed in better-auth: what it asks there is answered here.
const theirHosts = new Set(["oauth2.googleapis.com", "www.googleapis.com", "graph.facebook.com"]);
const client = { id: "client-of-the-tests", secret: "secret-of-the-tests" };

let shop: TestShop;
let asked: string[];
const keys = await generateKeyPair("RS256");
const realFetch = globalThis.fetch;
const vendor = createServer((request, response) => {
  void answer(request).then((body) => {
    response.writeHead(body === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(body ?? { error: "not_found" }));
  });
});

/** What Google and Facebook answer for the code `good`. */
async function answer(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://vendor");
  asked.push(pathname);
  const isGood = new URLSearchParams(text).get("code") === "good";
  switch (pathname) {
    case "/token":
      return isGood
        ? { access_token: "google-access", token_type: "Bearer", expires_in: 3600, id_token: await idToken() }
        : undefined;
    case "/oauth2/v3/certs":
      return { keys: [{ ...(await exportJWK(keys.publicKey)), kid: "k1", alg: "RS256" }] };
    case "/v24.0/oauth/access_token":
      return isGood ? { access_token: "facebook-access", token_type: "bearer" } : undefined;
    case "/debug_token":
      return {
        data: {
          is_valid: searchParams.get("input_token") === "facebook-access",
          app_id: client.id,
          user_id: "fb-1",
        },
      };
    case "/me":
      return {
        id: "fb-1",
        name: "Fay",
        email: "fay@example.com",
        picture: { data: { url: "https://graph.example/fay.png" } },
      };
    default:
      return undefined;
  }
}

function idToken(audience = client.id, key = keys.privateKey): Promise<string> {
  return new SignJWT({ email: "gus@example.com", email_verified: true, name: "Gus", picture: "" })
    .setProtectedHeader({ alg: "RS256", kid: "k1" })
    .setSubject("google-1")
    .setIssuer("https://accounts.google.com")
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(key);
}

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    vendor.listen(0, "127.0.0.1", resolve);
  });
  const { port } = vendor.address() as AddressInfo;
  globalThis.fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (!theirHosts.has(url.hostname)) return realFetch(input, init);
    return realFetch(`http://127.0.0.1:${port}${url.pathname}${url.search}`, init);
  };
  asked = [];
  shop = await openShop({
    ROWLOCK_SIGN_IN_RATE_LIMIT: "0",
    FACEBOOK_CLIENT_ID: client.id,
    FACEBOOK_CLIENT_SECRET: client.secret,
    GOOGLE_CLIENT_ID: client.id,
    GOOGLE_CLIENT_SECRET: client.secret,
  });
});
afterAll(async () => {
  globalThis.fetch = realFetch;
  await shop?.[Symbol.asyncDispose]();
  vendor.close();
});

/** Begins at the shop, is taken for granted by the vendor, and returns with the code. */
async function signIn(visitor: Visitor, provider: string, code: string, token = "") {
  const begun = await visitor.send("POST", "/v1/auth/sign-in/social", {
    body: { provider, callbackURL: "/docs" },
    headers: { "rowlock-token": token },
  });
  const there = new URL(begun.body.url);
  expect(there.searchParams.get("client_id")).toBe(client.id);
  expect(there.searchParams.get("redirect_uri")).toBe(`${shop.httpUrl}/v1/auth/callback/${provider}`);
  const back = new URL(there.searchParams.get("redirect_uri") ?? "");
  back.searchParams.set("state", there.searchParams.get("state") ?? "");
  back.searchParams.set("code", code);
  const answer = await visitor.send("GET", back.href);
  return { there, location: answer.headers.get("location") ?? "" };
}

test.each([
  ["google", "https://accounts.google.com/o/oauth2/v2/auth", "gus@example.com", "Gus"],
  ["facebook", "https://www.facebook.com/v24.0/dialog/oauth", "fay@example.com", "Fay"],
])("%s signs a customer in, and the guest's cart follows", async (provider, page, email, name) => {
  const guest = await newBuyer(shop.rest);
  const visitor = newVisitor(shop.httpUrl);
  const { there, location } = await signIn(visitor, provider, "good", guest.token);
  expect(there.origin + there.pathname).toBe(page);
  expect(location).toBe("/docs");
  const { user } = (await visitor.send("GET", "/v1/auth/get-session")).body;
  expect(user).toMatchObject({ email, name });
  const caller = (await visitor.send("GET", "/v1/caller")).body;
  expect(caller).toMatchObject({ kind: "KIND_CUSTOMER", id: user.id });
  expect((await visitor.send("GET", `/v1/carts/${guest.cartId}`)).status).toBe(200);
  // The same customer, the next time.
  const again = newVisitor(shop.httpUrl);
  await signIn(again, provider, "good");
  expect((await again.send("GET", "/v1/caller")).body.id).toBe(user.id);
});

test.each(["google", "facebook"])("a code that %s does not know signs nobody in", async (provider) => {
  const visitor = newVisitor(shop.httpUrl);
  const { location } = await signIn(visitor, provider, "bad");
  expect(location).toContain("error=invalid_code");
  expect((await visitor.send("GET", "/v1/caller")).body.kind).toBe("KIND_UNSPECIFIED");
});

test("Google's ID token signs an app in; one for another app, or by another key, does not", async () => {
  const signInWith = (token: string) =>
    newVisitor(shop.httpUrl).send("POST", "/v1/auth/sign-in/social", {
      body: { provider: "google", idToken: { token } },
    });
  const good = await signInWith(await idToken());
  expect([good.status, good.body.user?.email]).toEqual([200, "gus@example.com"]);
  const caller = await newVisitor(shop.httpUrl).send("GET", "/v1/caller", {
    headers: { authorization: `Bearer ${good.body.token}` },
  });
  expect(caller.body.kind).toBe("KIND_CUSTOMER");
  const forged = await generateKeyPair("RS256");
  for (const token of [await idToken("another-app"), await idToken(client.id, forged.privateKey), "x"]) {
    const refused = await signInWith(token);
    expect([refused.status, refused.body.code]).toEqual([401, "INVALID_TOKEN"]);
  }
  expect(asked).toContain("/oauth2/v3/certs");
});
