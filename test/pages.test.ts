import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, openBrowser } from "./support/browser.ts";
import { openShop, type TestShop } from "./support/shop.ts";

describe.skipIf(!hasBrowser)("in a browser", () => {
  const stack = new AsyncDisposableStack();
  let shop: TestShop;
  let browser: BrowserContext;
  beforeAll(async () => {
    shop = stack.use(await openShop());
    ({ browser } = stack.use(await openBrowser()));
  });
  afterAll(() => stack.disposeAsync());

  test("the inbox shows an e-mail as its reader sees it, and runs nothing that is in it", async () => {
    const sent = await shop.rest("POST", "/v1/messages:sendEmail", {
      staff: shop.staff,
      body: {
        to: "reader@example.com",
        subject: "Hello <b>reader</b>",
        text: "Hello",
        html: "<h1>Good day</h1><script>document.querySelector('h1').textContent = 'run'</script>",
      },
    });
    expect(sent.status).toBe(200);
    const page = await browser.newPage();
    await page.goto(`${shop.sandboxUrl}/sandbox`);
    expect(await page.locator("body").textContent()).toContain("Hello <b>reader</b>");
    const heading = page.frameLocator("iframe").first().locator("h1");
    await expect.poll(() => heading.textContent()).toBe("Good day");
  });
});
