import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isInstalled } from "../lib/testing/programs.ts";
import { openShop, type TestShop } from "./support/shop.ts";

const program = "/usr/bin/chromium";

describe.skipIf(!isInstalled(program, ["--version"]))("in a browser", () => {
  let shop: TestShop;
  let profile: string;
  let browser: BrowserContext;
  beforeAll(async () => {
    shop = await openShop();
    profile = await mkdtemp(join(tmpdir(), "rowlock-browser-"));
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: program,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await shop?.[Symbol.asyncDispose]();
    await rm(profile, { recursive: true, force: true });
  });

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
