import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openShop, type TestShop } from "../support/shop.ts";
import { newVisitor } from "./visitor.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop({ ROWLOCK_SIGN_IN_RATE_LIMIT: "0" });
});
afterAll(() => shop?.[Symbol.asyncDispose]());

describe("bad input is refused, and never an internal error", () => {
  const paths = [
    "sign-up/email",
    "sign-in/email",
    "sign-in/social",
    "sign-out",
    "request-password-reset",
    "reset-password",
    "send-verification-email",
    "change-password",
    "update-user",
    "revoke-session",
    "callback/acme",
    "new-password",
    "nothing/here",
  ];
  const bodies = [
    "{",
    "[]",
    "null",
    "1",
    '"text"',
    '{"email":1,"password":[],"name":{},"token":true,"provider":{},"newPassword":0}',
    '{"email":"a@b.example","password":"correct horse","name":"x\\u0000y","provider":"a\\u0000","token":"\\u0000"}',
    '{"email":"a@b.example","password":"\\ud800 correct horse","name":"\\ud800","token":"\\ud800"}',
    `{"email":"${"a".repeat(30_000)}@b.example","password":"${"x".repeat(30_000)}","name":"x"}`,
    `{"__proto__":{"email":"a@b.example"},"constructor":1}`,
    "[".repeat(20_000),
  ];

  test.each(paths)("POST /v1/auth/%s", async (path) => {
    for (const body of [...bodies, "x".repeat(100_000)]) {
      for (const type of ["application/json", "application/x-www-form-urlencoded", "text/plain"]) {
        const answer = await newVisitor(shop.httpUrl).send("POST", `/v1/auth/${path}`, {
          body,
          headers: { "content-type": type },
        });
        expect([body.slice(0, 40), type, answer.status]).toEqual([
          body.slice(0, 40),
          type,
          expect.any(Number),
        ]);
        expect(answer.status).toBeLessThan(500);
      }
    }
  });

  test.each(["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])("%s", async (method) => {
    const { host, port } = { host: "127.0.0.1", port: Number(new URL(shop.httpUrl).port) };
    const status = await new Promise((resolve, reject) => {
      request({ host, port, method, path: "/v1/auth/get-session" }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
    expect([405, 204]).toContain(status);
  });

  test.each([
    "get-session?disableCookieCache=%00",
    "verify-email?token=x%00&callbackURL=/",
    "verify-email?token=a&token=b",
    "verify-email",
    "verify-email?token=x&callbackURL=https://evil.example",
    "reset-password/%00?callbackURL=/",
    "reset-password/x?callbackURL=//evil.example",
    "reset-password/%ff?callbackURL=/",
    "callback/acme?state=%00&code=x",
    "callback/acme?state=x&code=x",
    "callback/nobody",
    "error?error=<script>alert(1)</script>",
    'new-password?token="><script>alert(1)</script>',
    "verified?error=<script>alert(1)</script>",
    "list-sessions",
    "%",
    "..%2f..%2fcaller",
    "",
  ])("GET /v1/auth/%s", async (path) => {
    const answer = await newVisitor(shop.httpUrl).send("GET", `/v1/auth/${path}`, {
      headers: { cookie: "rowlock.session_token=%E0%A4%A", authorization: "Bearer %E0%A4%A" },
    });
    expect(answer.status).toBeLessThan(500);
    expect(String(answer.body)).not.toContain("<script>alert");
    expect(answer.headers.get("location") ?? "").not.toContain("evil");
  });
});
