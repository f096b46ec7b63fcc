import type { BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, openBrowser } from "./support/browser.ts";
import { openShop, type TestShop } from "./support/shop.ts";

/** The viewer takes its time where other tests run beside it. */
const patience = { timeout: 60_000 };

describe.skipIf(!hasBrowser)("the reference page in a browser", { timeout: 120_000 }, () => {
  const stack = new AsyncDisposableStack();
  let shop: TestShop;
  let browser: BrowserContext;
  beforeAll(async () => {
    shop = stack.use(await openShop());
    await shop.sell("MUG-BLUE", { title: "Blue mug", stock: 5 });
    ({ browser } = stack.use(await openBrowser()));
  });
  afterAll(() => stack.disposeAsync());

  /** The page, with all that its console said and all that it asked for. */
  async function open(hash = ""): Promise<{ page: Page; said: string[]; asked: Set<string> }> {
    const page = await browser.newPage();
    page.setDefaultTimeout(patience.timeout);
    const said: string[] = [];
    const asked = new Set<string>();
    page.on("console", (message) => message.type() === "error" && said.push(message.text()));
    page.on("pageerror", (err) => said.push(err.message));
    page.on("request", (request) => asked.add(new URL(request.url()).origin));
    await page.goto(`${shop.httpUrl}/docs${hash}`);
    await page.locator(".opblock-tag").first().waitFor();
    return { page, said, asked };
  }

  /** Unfolds an operation of an unfolded service. */
  async function unfold(page: Page, id: string): Promise<Locator> {
    const operation = page.locator(`#operations-${id.replace("_", `-${id.split("_")[0]}_`)}`);
    await operation.locator(".opblock-summary-control").click();
    await operation.locator("button.execute").waitFor();
    return operation;
  }

  /** Executes an unfolded operation and answers its status and body, as the page shows them. */
  async function execute(operation: Locator): Promise<{ status: number; body: string }> {
    const answered = operation.page().waitForResponse(/\/v1\//);
    await operation.locator("button.execute").click();
    const status = (await answered).status();
    const row = operation.locator(".live-responses-table tbody tr").first();
    const shown = row.locator(".response-col_status");
    const number = async () => Number.parseInt((await shown.textContent()) ?? "", 10);
    await expect.poll(number, patience).toBe(status);
    return { status, body: (await row.locator(".microlight").first().textContent()) ?? "" };
  }

  /** Enters a credential for one of the ways to authenticate. */
  async function authorize(page: Page, scheme: string, value: string): Promise<void> {
    await page.locator(".auth-wrapper > .authorize").click();
    const form = page.locator(".auth-container", { has: page.locator(`code:text-is("${scheme}")`) });
    await form.locator("input").fill(value);
    await form.locator("button.authorize").click();
    await page.locator(".close-modal").click();
  }

  test("lists the services and the address, and leaves the page's own origin alone", async () => {
    const { page, said, asked } = await open();
    expect(await page.locator("#address").textContent()).toBe(shop.httpUrl);
    expect(await page.locator("nav a b").allTextContents()).toEqual(
      expect.arrayContaining(["Catalog", "Cart", "Order"]),
    );
    await page.locator('nav a[href="#/Catalog"]').click();
    const operation = await unfold(page, "Catalog_ListProducts");
    const { status, body } = await execute(operation);
    expect([status, body]).toEqual([200, expect.stringContaining("Blue mug")]);
    expect(said).toEqual([]);
    expect([...asked]).toEqual([shop.httpUrl]);
  });

  test("a guest makes a cart, authorizes with its token, and fills it", async () => {
    const { page } = await open("#/Cart");
    const made = await execute(await unfold(page, "Cart_CreateCart"));
    expect(made.status).toBe(200);
    const cart = JSON.parse(made.body) as { id: string; token: string };
    const add = await unfold(page, "Cart_AddItem");
    await add.locator('tr[data-param-name="cartId"] input').fill(cart.id);
    expect((await execute(add)).status).toBe(401);
    await authorize(page, "guestToken", cart.token);
    const filled = await execute(add);
    expect([filled.status, JSON.parse(filled.body)]).toMatchObject([
      200,
      { id: cart.id, lines: [{ sku: "MUG-BLUE", quantity: 2 }] },
    ]);
  });

  test("staff authorize with their key and set the stock", async () => {
    const { page, said } = await open("#/Inventory");
    await authorize(page, "staffKey", shop.staff);
    const operation = await unfold(page, "Inventory_GetStock");
    await operation.locator('tr[data-param-name="sku"] input').fill("MUG-BLUE");
    const { status, body } = await execute(operation);
    expect([status, JSON.parse(body)]).toMatchObject([200, { onHand: 5 }]);
    expect(said).toEqual([]);
  });

  test("fits a phone, and follows a dark theme", async () => {
    const { page } = await open("#/Order");
    await page.setViewportSize({ width: 390, height: 844 });
    await unfold(page, "Order_PlaceOrder");
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
    const background = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const light = await background();
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(background, patience).not.toBe(light);
  });
});
