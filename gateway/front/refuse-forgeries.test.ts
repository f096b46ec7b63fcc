import { expect, test } from "vitest";
import { createOrigins } from "./origins.ts";
import { refuseForgeries } from "./refuse-forgeries.ts";
import { refuseAsRest, serveThrough } from "./testing/serve.ts";

const publicUrl = "https://shop.example/store";
const listed = "https://app.example";
const layer = refuseForgeries({ origins: createOrigins([listed]), publicUrl, refuse: refuseAsRest });

async function call(method: string, headers: Record<string, string>) {
  await using served = await serveThrough([layer]);
  const host = new URL(served.url).host;
  const filled = Object.entries(headers).map(([name, value]): [string, string] => [
    name,
    value.replace("{host}", host),
  ]);
  // fetch's own Sec-Fetch-Mode is sent, but no Sec-Fetch-Site.
  const response = await fetch(served.url, { method, headers: filled });
  return { status: response.status, text: await response.text() };
}

const cookie = "session=1";

test.each<[string, string, Record<string, string>]>([
  ["without a cookie", "POST", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }],
  ["a request that changes nothing", "GET", { cookie, "sec-fetch-site": "cross-site" }],
  ["the shop's own page", "POST", { cookie, origin: "https://shop.example" }],
  ["the shop's own page, as the browser says", "POST", { cookie, "sec-fetch-site": "same-origin" }],
  ["typed in by the user", "POST", { cookie, "sec-fetch-site": "none" }],
  ["a page of a listed origin", "DELETE", { cookie, origin: listed, "sec-fetch-site": "cross-site" }],
  ["the very host that is called", "POST", { cookie, origin: "http://{host}" }],
  ["no browser", "POST", { cookie }],
])("%s passes", async (_why, method, headers) => {
  expect(await call(method, headers)).toEqual({ status: 200, text: "ok" });
});

test.each<[string, string, Record<string, string>]>([
  [
    "a page of another site",
    "POST",
    { cookie, origin: "https://evil.example", "sec-fetch-site": "cross-site" },
  ],
  [
    "a page of a neighbour",
    "PUT",
    { cookie, origin: "https://x.shop.example", "sec-fetch-site": "same-site" },
  ],
  ["an older browser's", "DELETE", { cookie, origin: "https://evil.example" }],
  ["a sandboxed page", "PATCH", { cookie, origin: "null" }],
  ["a page that hides its origin", "POST", { cookie, "sec-fetch-site": "cross-site" }],
])("%s is refused", async (_why, method, headers) => {
  const { status, text } = await call(method, headers);
  expect(status).toBe(403);
  expect(JSON.parse(text).error).toMatchObject({
    code: 403,
    status: "PERMISSION_DENIED",
    details: [{ reason: "CSRF_REFUSED", domain: "rowlock.dev" }],
  });
});
