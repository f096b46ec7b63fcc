import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AuthService } from "../../gen/rowlock/auth/v1/auth_pb.js";
import { createGrpcTransport } from "../../lib/rpc/grpc-transport.ts";
import { createPrincipalSigner } from "../../lib/rpc/index.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { delivery } from "../support/buyer.ts";
import { reasonIn } from "../support/rest.ts";
import { openShop, type TestShop, testServiceKey } from "../support/shop.ts";
import { bearerOf, cookieHeader, newVisitor, type Seen, signUp } from "./visitor.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop({ ROWLOCK_SIGN_IN_RATE_LIMIT: "0", ROWLOCK_ORIGINS: "https://store.example" });
});
afterAll(() => shop?.[Symbol.asyncDispose]());

/** Who the gateway takes a request with these headers for. */
async function callerOf(headers: Record<string, string>): Promise<Seen> {
  return newVisitor(shop.httpUrl).send("GET", "/v1/caller", { headers });
}

/** The links in the e-mails to an address, the newest last; waits for as many as there should be. */
async function linksTo(email: string, subject: string, count = 1): Promise<string[]> {
  let links: string[] = [];
  await waitFor(async () => {
    const mails = await shop.inbox("emails", email);
    links = mails
      .filter((mail) => mail["subject"] === subject)
      .sort((one, other) => (one["created"] ?? "").localeCompare(other["created"] ?? ""))
      .map((mail) => /^http\S+$/m.exec(mail["text"] ?? "")?.[0] ?? "");
    return links.length >= count;
  });
  return links;
}

describe("sign-up", () => {
  test("makes a customer, known by cookie and by bearer", async () => {
    const visitor = newVisitor(shop.httpUrl);
    const answer = await signUp(visitor, "Ada@Example.com");
    expect([answer.status, answer.body.user.email]).toEqual([200, "ada@example.com"]);
    expect(answer.body.user.id).toMatch(/^cus_[0-9a-z]{26}$/);
    const [cookie] = answer.headers.getSetCookie();
    expect(cookie).toMatch(
      /^rowlock\.session_token=[^;]+; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    const customer = { kind: "KIND_CUSTOMER", id: answer.body.user.id };
    expect((await visitor.send("GET", "/v1/caller")).body).toMatchObject(customer);
    expect((await callerOf(bearerOf(answer))).body).toMatchObject(customer);
    const header = answer.headers.get("set-auth-token") ?? "";
    expect((await callerOf({ authorization: `Bearer ${header}` })).body).toMatchObject(customer);
  });

  test("over https the cookie is for https alone", async () => {
    await using secure = await openShop({ ROWLOCK_PUBLIC_URL: "https://shop.example" });
    const visitor = newVisitor(secure.httpUrl);
    const answer = await signUp(visitor, "ada@example.com", { origin: "https://shop.example" });
    expect(answer.headers.getSetCookie()[0]).toMatch(/^__Secure-rowlock\.session_token=.*; Secure;/);
    expect((await visitor.send("GET", "/v1/caller")).body.id).toBe(answer.body.user.id);
  });

  test("an address has one account, however it is spelled", async () => {
    await signUp(newVisitor(shop.httpUrl), "once@example.com");
    const again = await signUp(newVisitor(shop.httpUrl), "Once@Example.com");
    expect([again.status, again.body.code]).toEqual([422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"]);
  });

  test.each([
    ["email", `${Array.from({ length: 6_000 }, (_, i) => i).join("")}@example.com`],
    ["name", "n".repeat(201)],
    ["image", `https://example.com/${"i".repeat(2_000)}`],
  ])("with %s longer than any is refused", async (field, value) => {
    const body = { email: "long@example.com", name: "Long", password: "correct horse", [field]: value };
    const answer = await newVisitor(shop.httpUrl).send("POST", "/v1/auth/sign-up/email", { body });
    expect([answer.status, answer.body.code]).toEqual([400, "FIELD_TOO_LONG"]);
  });

  test("many at once for one address make one account", async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => signUp(newVisitor(shop.httpUrl), "race@example.com")),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  });
});

test("a customer buys: cart, order, and both are hers alone", async () => {
  await shop.sell("SIGNED-IN");
  const visitor = newVisitor(shop.httpUrl);
  await signUp(visitor, "buys@example.com");
  const cart = await visitor.send("POST", "/v1/carts", { body: {} });
  expect([cart.status, cart.body.token]).toEqual([200, ""]);
  const { id } = cart.body;
  await visitor.send("POST", `/v1/carts/${id}/items`, { body: { sku: "SIGNED-IN", quantity: 2 } });
  await visitor.send("PUT", `/v1/carts/${id}/delivery`, { body: delivery });
  expect((await visitor.send("GET", "/v1/carts:current")).body.id).toBe(id);
  const order = await visitor.send("POST", "/v1/orders", { body: { cartId: id } });
  expect([order.status, order.body.state]).toEqual([200, "STATE_PENDING_PAYMENT"]);
  const own = await visitor.send("GET", "/v1/orders:own");
  expect(own.body.orders.map((each: { id: string }) => each.id)).toEqual([order.body.id]);

  const other = newVisitor(shop.httpUrl);
  await signUp(other, "looks@example.com");
  const looked = await other.send("GET", `/v1/orders/${order.body.id}`);
  expect([looked.status, reasonIn(looked)]).toEqual([403, "NOT_OWNER"]);
  expect((await other.send("GET", "/v1/orders:own")).body.orders).toEqual([]);
  expect((await other.send("GET", "/v1/carts:current")).status).toBe(404);
});

describe("sign-in", () => {
  test("takes the password alone, and tells nothing of who has an account", async () => {
    await signUp(newVisitor(shop.httpUrl), "in@example.com");
    const signIn = (email: string, password: string) =>
      newVisitor(shop.httpUrl).send("POST", "/v1/auth/sign-in/email", { body: { email, password } });
    expect((await signIn("in@example.com", "correct horse")).status).toBe(200);
    const wrong = await signIn("in@example.com", "wrong horse");
    const nobody = await signIn("nobody@example.com", "wrong horse");
    expect([wrong.status, wrong.body.code]).toEqual([401, "INVALID_EMAIL_OR_PASSWORD"]);
    expect([nobody.status, nobody.body]).toEqual([wrong.status, wrong.body]);
  });

  test.each([
    ["facebook", 404, "PROVIDER_NOT_FOUND"],
    ["google", 404, "PROVIDER_NOT_FOUND"],
    ["nobody", 404, "PROVIDER_NOT_FOUND"],
  ])("by %s, which is not configured, is refused", async (provider, status, code) => {
    const answer = await newVisitor(shop.httpUrl).send("POST", "/v1/auth/sign-in/social", {
      body: { provider },
    });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });
});

describe("the end of a session", () => {
  test("sign-out ends it at once, for the cookie and the bearer", async () => {
    const visitor = newVisitor(shop.httpUrl);
    const answer = await signUp(visitor, "out@example.com");
    const cookie = cookieHeader(visitor.cookies);
    expect((await callerOf({ cookie })).status).toBe(200);
    expect((await visitor.send("POST", "/v1/auth/sign-out", { body: {} })).body).toEqual({ success: true });
    expect(visitor.cookies.size).toBe(0);
    for (const headers of [{ cookie }, bearerOf(answer)]) {
      const refused = await callerOf(headers);
      expect([refused.status, reasonIn(refused)]).toEqual([401, "INVALID_CREDENTIALS"]);
    }
    // A browser that still has the cookie gets rid of it so.
    const again = newVisitor(shop.httpUrl);
    again.cookies.set("rowlock.session_token", cookie.split("=")[1] ?? "");
    expect((await again.send("POST", "/v1/auth/sign-out", { body: {} })).status).toBe(200);
    expect(again.cookies.size).toBe(0);
  });

  test("another site's page, or a sandboxed one, ends no session; a program does", async () => {
    const visitor = newVisitor(shop.httpUrl);
    await signUp(visitor, "csrf@example.com");
    const cookie = cookieHeader(visitor.cookies);
    const signOut = (headers: Record<string, string>) =>
      fetch(`${shop.httpUrl}/v1/auth/sign-out`, {
        method: "POST",
        body: "{}",
        headers: { "content-type": "application/json", cookie, ...headers },
      });
    const foreign: Record<string, string>[] = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { referer: "https://evil.example/page" },
      { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
    ];
    for (const headers of foreign) expect((await signOut(headers)).status).toBe(403);
    expect((await callerOf({ cookie })).status).toBe(200);
    // fetch of Node sends sec-fetch-mode alone, as no browser does.
    expect((await signOut({})).status).toBe(200);
    expect((await callerOf({ cookie })).status).toBe(401);
  });

  test("one session may end another of the same customer", async () => {
    const [first, second] = [newVisitor(shop.httpUrl), newVisitor(shop.httpUrl)];
    const one = await signUp(first, "two@example.com");
    const body = { email: "two@example.com", password: "correct horse" };
    const two = await second.send("POST", "/v1/auth/sign-in/email", { body });
    expect((await callerOf(bearerOf(one))).status).toBe(200);
    expect((await second.send("POST", "/v1/auth/revoke-other-sessions", { body: {} })).status).toBe(200);
    expect((await callerOf(bearerOf(one))).status).toBe(401);
    expect((await callerOf(bearerOf(two))).status).toBe(200);
  });

  test("the account that is deleted has none left, and nobody signs in to it", async () => {
    const visitor = newVisitor(shop.httpUrl);
    const answer = await signUp(visitor, "deleted@example.com");
    expect((await callerOf(bearerOf(answer))).status).toBe(200);
    const transport = createGrpcTransport({
      address: shop.grpcAddress,
      services: [AuthService],
      signer: createPrincipalSigner({ key: Buffer.from(testServiceKey) }),
      caller: "order",
    });
    const auth = createClient(AuthService, transport);
    for (let time = 0; time < 2; time++) await auth.deleteAccount({ customerId: answer.body.user.id });
    transport[Symbol.dispose]();
    expect((await callerOf(bearerOf(answer))).status).toBe(401);
    const body = { email: "deleted@example.com", password: "correct horse" };
    expect((await visitor.send("POST", "/v1/auth/sign-in/email", { body })).status).toBe(401);
    expect((await signUp(newVisitor(shop.httpUrl), "deleted@example.com")).status).toBe(200);
  });

  test.each([
    ["without a signature", (token: string) => token.split(".")[0] ?? ""],
    ["with an empty signature", (token: string) => `${token.split(".")[0]}.`],
    ["with another's signature", (token: string) => `other${token}`],
    ["with more behind it", (token: string) => `${token}A`],
    ["cut short", (token: string) => token.slice(0, -4)],
    ["with a third part", (token: string) => `${token}.x`],
  ])("a token %s is refused, in cookie and header", async (_, spoil) => {
    const { body } = await signUp(newVisitor(shop.httpUrl), `forged-${Math.random()}@example.com`);
    const spoiled = spoil(body.token);
    const placed: Record<string, string>[] = [
      { authorization: `Bearer ${spoiled}` },
      { cookie: `rowlock.session_token=${encodeURIComponent(spoiled)}` },
    ];
    for (const headers of placed) {
      const refused = await callerOf(headers);
      expect([refused.status, reasonIn(refused)]).toEqual([401, "INVALID_CREDENTIALS"]);
    }
    const session = await newVisitor(shop.httpUrl).send("GET", "/v1/auth/get-session", {
      headers: { authorization: `Bearer ${spoiled}` },
    });
    expect(session.body).toBe(null);
  });
});

describe("verification", () => {
  const subject = "Confirm your e-mail address";

  test("the mailed link confirms the address, and may be opened again", async () => {
    const visitor = newVisitor(shop.httpUrl);
    const { body } = await signUp(visitor, "confirm@example.com");
    expect(body.user.emailVerified).toBe(false);
    const [link = ""] = await linksTo("confirm@example.com", subject);
    for (let time = 0; time < 2; time++) {
      const opened = await newVisitor(shop.httpUrl).send("GET", link);
      expect([opened.status, opened.headers.get("location")]).toEqual([
        302,
        `${shop.httpUrl}/v1/auth/verified`,
      ]);
    }
    const page = await visitor.send("GET", "/v1/auth/verified");
    expect([page.status, page.body]).toEqual([200, expect.stringContaining("is confirmed")]);
    expect((await visitor.send("GET", "/v1/auth/get-session")).body.user.emailVerified).toBe(true);
  });

  test("a link that was tampered with says so", async () => {
    await signUp(newVisitor(shop.httpUrl), "tamper@example.com");
    const [link = ""] = await linksTo("tamper@example.com", subject);
    const opened = await newVisitor(shop.httpUrl).send("GET", link.replace(/.(?=&callbackURL)/, "~"));
    const where = opened.headers.get("location") ?? "";
    expect(where).toBe(`${shop.httpUrl}/v1/auth/verified?error=INVALID_TOKEN`);
    expect((await newVisitor(shop.httpUrl).send("GET", where)).status).toBe(400);
  });

  test("it is sent again on demand, and leads to the storefront that asked", async () => {
    const visitor = newVisitor(shop.httpUrl);
    await signUp(visitor, "again@example.com");
    const answer = await visitor.send("POST", "/v1/auth/send-verification-email", {
      body: { email: "again@example.com", callbackURL: "https://store.example/welcome" },
    });
    expect(answer.status).toBe(200);
    const links = await linksTo("again@example.com", subject, 2);
    const opened = await newVisitor(shop.httpUrl).send("GET", links[1] ?? "");
    expect(opened.headers.get("location")).toBe("https://store.example/welcome");
  });
});

describe("a new password", () => {
  const subject = "Choose a new password";
  const ask = (email: string, redirectTo?: string) =>
    newVisitor(shop.httpUrl).send("POST", "/v1/auth/request-password-reset", { body: { email, redirectTo } });
  const signIn = (email: string, password: string) =>
    newVisitor(shop.httpUrl).send("POST", "/v1/auth/sign-in/email", { body: { email, password } });
  const post = async (url: string, fields: Record<string, string>) => {
    const response = await fetch(url, { method: "POST", body: new URLSearchParams(fields) });
    return { status: response.status, text: await response.text() };
  };

  test("is chosen on the page that the mailed link leads to; the sessions before it end", async () => {
    const email = "forgot@example.com";
    const before = await signUp(newVisitor(shop.httpUrl), email);
    expect((await callerOf(bearerOf(before))).status).toBe(200);
    expect((await ask(email)).status).toBe(200);
    const [link = ""] = await linksTo(email, subject);
    const page = await newVisitor(shop.httpUrl).send("GET", link);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    const token = /name="token" value="([^"]+)"/.exec(page.body)?.[1] ?? "";
    const form = new URL("new-password", link).href;

    const short = await post(form, { token, password: "short" });
    expect([short.status, short.text]).toEqual([400, expect.stringContaining("Password too short")]);
    expect((await post(form, { token, password: "battery staple" })).status).toBe(200);
    expect((await signIn(email, "correct horse")).status).toBe(401);
    expect((await signIn(email, "battery staple")).status).toBe(200);
    expect((await callerOf(bearerOf(before))).status).toBe(401);

    const twice = await post(form, { token, password: "another one" });
    expect([twice.status, twice.text]).toEqual([400, expect.stringContaining("This link does not work")]);
    expect((await signIn(email, "another one")).status).toBe(401);
  });

  test("is chosen in the storefront that asked for it", async () => {
    const email = "store@example.com";
    await signUp(newVisitor(shop.httpUrl), email);
    expect((await ask(email, "https://store.example/reset")).status).toBe(200);
    const [link = ""] = await linksTo(email, subject);
    const opened = await newVisitor(shop.httpUrl).send("GET", link);
    const where = new URL(opened.headers.get("location") ?? "");
    expect(where.origin + where.pathname).toBe("https://store.example/reset");
    const answer = await newVisitor(shop.httpUrl).send("POST", "/v1/auth/reset-password", {
      body: { newPassword: "battery staple", token: where.searchParams.get("token") },
    });
    expect(answer.body).toEqual({ status: true });
    expect((await signIn(email, "battery staple")).status).toBe(200);
  });

  test("leads to no other site, and is not said to be nobody's", async () => {
    const evil = await ask("store@example.com", "https://evil.example/reset");
    expect([evil.status, evil.body.code]).toEqual([403, "INVALID_REDIRECT_URL"]);
    expect((await ask("nobody@example.com")).body).toEqual((await ask("store@example.com")).body);
  });
});
