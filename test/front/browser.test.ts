import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, openBrowser } from "../support/browser.ts";
import { openShop, type TestShop } from "../support/shop.ts";
import { serveStorefront } from "./storefront.ts";

const wares = { sku: "BROWSER-A", title: "Seen from a browser" };

describe.skipIf(!hasBrowser)("a browser on a page of another origin", () => {
  const stack = new AsyncDisposableStack();
  let shop: TestShop;
  let browser: BrowserContext;
  /** A page whose origin is listed, and one whose is not. */
  let listed: Page;
  let stranger: Page;

  beforeAll(async () => {
    const [own, other] = [stack.use(await serveStorefront()), stack.use(await serveStorefront())];
    shop = stack.use(await openShop({ ROWLOCK_ORIGINS: own.origin }));
    await shop.sell(wares.sku, { stock: 5, title: wares.title });
    ({ browser } = stack.use(await openBrowser()));
    const open = async (origin: string) => {
      const page = await browser.newPage();
      await page.goto(origin);
      await page.waitForFunction("window.ready");
      return page;
    };
    listed = await open(own.origin);
    stranger = await open(other.origin);
  }, 90_000);
  afterAll(() => stack.disposeAsync());

  // What runs in the page is text: the bundler of the tests would rewrite functions.
  const run = (page: Page, name: string, ...args: unknown[]) =>
    page.evaluate(`window.${name}(${args.map((arg) => JSON.stringify(arg)).join(", ")})`);

  describe.each(["connect", "grpc-web"] as const)("over %s", (protocol) => {
    describe.each([true, false])("binary: %s", (useBinaryFormat) => {
      const to = (service: string) => ({ baseUrl: shop.httpUrl, protocol, useBinaryFormat, service });

      test("calls, with a credential", async () => {
        const { answer: cart } = (await run(listed, "call", to("CartService"), "createCart", {})) as {
          answer: { id: string; token: string };
        };
        const headers = { "rowlock-token": cart.token };
        expect(
          await run(listed, "call", to("CartService"), "getCart", { cartId: cart.id }, headers),
        ).toMatchObject({
          answer: { id: cart.id },
        });
        expect(await run(listed, "call", to("CartService"), "getCart", { cartId: cart.id })).toMatchObject({
          error: { code: 16, reason: "UNAUTHENTICATED" },
        });
      });

      test("reads an error with its details", async () => {
        const error = { code: 5, reason: "PRODUCT_NOT_FOUND", metadata: { product_id: "prod_none" } };
        const request = { productId: "prod_none" };
        expect(await run(listed, "call", to("CatalogService"), "getProduct", request)).toMatchObject({
          error,
        });
      });

      test("watches a stream, and leaves it", async () => {
        await listed.evaluate("window.messages = []");
        await run(listed, "watch", to("InventoryService"), "watchStock", { skus: [wares.sku] });
        await listed.waitForFunction("window.messages.length > 0");
        const stock = Math.floor(Math.random() * 1000);
        await shop.rest("POST", `/v1/stock/${wares.sku}:set`, { staff: shop.staff, body: { onHand: stock } });
        await listed.waitForFunction(`window.messages.some((m) => m.levels[0].available === "${stock}")`);
        await run(listed, "stop");
        expect(await listed.evaluate("window.ended")).toMatchObject({ code: 1 });
      });

      test("a page whose origin is not listed learns nothing", async () => {
        const { error } = (await run(stranger, "call", to("CatalogService"), "listProducts", {})) as {
          error: { message: string };
        };
        expect(error.message).toMatch(/fetch/i);
      });
    });
  });

  test("calls by GET, which needs no preflight", async () => {
    const to = { baseUrl: shop.httpUrl, protocol: "connect", useHttpGet: true, service: "CatalogService" };
    const asked = listed.waitForRequest((request) => request.url().includes("ListProducts"));
    expect(await run(listed, "call", to, "listProducts", {})).toMatchObject({
      answer: { products: [{ title: wares.title }] },
    });
    expect((await asked).method()).toBe("GET");
  });

  test("calls REST, and reads the headers that it is to read", async () => {
    const { httpUrl } = shop;
    const seen = await listed.evaluate(`(async () => {
      const headers = { "x-request-id": "storefront-1", "content-type": "application/json" };
      const response = await fetch("${httpUrl}/v1/carts", { method: "POST", headers, body: "{}" });
      return { status: response.status, id: response.headers.get("x-request-id") };
    })()`);
    expect(seen).toEqual({ status: 200, id: "storefront-1" });
  });

  test("a page of another origin cannot act with the cookies of the shop", async () => {
    await browser.addCookies([{ name: "session", value: "secret", url: shop.httpUrl }]);
    const post = (page: Page) => {
      const answered = page.waitForResponse((response) => response.url().endsWith("/v1/carts"));
      const init = `{ method: "POST", mode: "no-cors", credentials: "include", body: "{}" }`;
      void page.evaluate(`void fetch("${shop.httpUrl}/v1/carts", ${init})`);
      return answered;
    };
    // Without the cookie it would have been 415, as below.
    expect((await post(stranger)).status()).toBe(403);
    // Text, which a form can send, is no JSON: but it got that far.
    expect((await post(listed)).status()).toBe(415);
    await browser.clearCookies();
  });
});
