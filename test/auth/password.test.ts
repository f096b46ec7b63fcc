import { afterAll, beforeAll, expect, test } from "vitest";
import { openShop, type TestShop } from "../support/shop.ts";
import { newVisitor } from "./visitor.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop?.[Symbol.asyncDispose]());

test("smoke", async () => {
  const visitor = newVisitor(shop.httpUrl);
  const up = await visitor.send("POST", "/v1/auth/sign-up/email", {
    body: { email: "Ann@example.com", name: "Ann", password: "correct horse" },
  });
  console.log(up.status, up.body, [...up.headers]);
  console.log((await visitor.send("GET", "/v1/caller")).body);
  console.log((await visitor.send("GET", "/v1/auth/get-session")).body);
  const bearer = { authorization: `Bearer ${up.body.token}` };
  console.log(await newVisitor(shop.httpUrl).send("GET", "/v1/caller", { headers: bearer }));
  console.log(await newVisitor(shop.httpUrl).send("GET", "/v1/auth/get-session", { headers: bearer }));
  console.log(await shop.inbox("emails", "ann@example.com"));
  console.log(await visitor.send("POST", "/v1/auth/sign-out", { body: {} }), visitor.cookies);
  console.log((await newVisitor(shop.httpUrl).send("GET", "/v1/caller", { headers: bearer })).body);
  for (const body of [
    "{",
    "[]",
    "null",
    '{"email":1}',
    '{"email":"a\\u0000@b.c","password":"x"}',
    "x".repeat(100_000),
  ]) {
    const got = await newVisitor(shop.httpUrl).send("POST", "/v1/auth/sign-in/email", { body });
    console.log(body.slice(0, 30), got.status, got.body);
  }
});
