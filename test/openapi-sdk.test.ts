import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeSdk } from "../cmd/sdk/make-sdk.ts";
import { openShop, type TestShop } from "./support/shop.ts";

const root = join(import.meta.dirname, "..");
let shop: TestShop;
let folder: string;
beforeAll(async () => {
  shop = await openShop();
  await shop.sell("MUG-BLUE", { price: 1999 });
  folder = await mkdtemp(join(tmpdir(), "rowlock-sdk-"));
  await makeSdk({ out: folder, server: shop.httpUrl });
  // As `npm install` in that folder would.
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
});
afterAll(async () => {
  await shop?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** What a storefront's author would write with the client. */
const storefront = `
import * as shop from "./client.ts";
import { HttpError } from "@oazapfts/runtime";

const cart = await shop.cartCreateCart({ createCartRequest: { currencyCode: "USD" } });
const asBuyer = { headers: { "rowlock-token": cart.token } };
const filled: shop.Cart = await shop.cartAddItem(
  { cartId: cart.id, idempotencyKey: "one", addItemRequest: { sku: "MUG-BLUE", quantity: 2 } },
  asBuyer,
);
await shop.cartSetDelivery({
  cartId: cart.id,
  setDeliveryRequest: {
    contact: { email: "ada@example.com" },
    shippingAddress: { name: "Ada", line1: "1 Main St", city: "Portland", state: "OR", postalCode: "97201", countryCode: "US" },
  },
}, asBuyer);
const order = await shop.orderPlaceOrder({ placeOrderRequest: { cartId: cart.id } }, asBuyer);
await shop.orderSetShippingMethod(
  { orderId: order.id, setShippingMethodRequest: { shippingMethodId: order.shippingMethods[0]?.id ?? "" } }, asBuyer);
const paid = await shop.orderPayOrder(
  { orderId: order.id, payOrderRequest: { card: { paymentMethod: "pm_card_visa" } } }, asBuyer);
const refused = await shop.orderGetOrder({ orderId: order.id }).catch((err: unknown) => err as HttpError);
const reason = refused instanceof HttpError ? (refused.data as shop.ErrorResponse).error.details[0]?.reason : "";
const event: shop.WatchOrderResponse | undefined = undefined;
console.log(JSON.stringify([filled.itemTotal?.amount, paid.state, reason, event]));
`;

/** Mistakes that the types must find. */
const mistakes = `
import * as shop from "./client.ts";
await shop.cartAddItem({ cartId: "cart_1", addItemRequest: { sku: 1, quantity: 2 } });
await shop.cartAddItem({ cartId: "cart_1", addItemRequest: { quantity: 2 } });
await shop.cartAddItem({ addItemRequest: { sku: "A", quantity: 2 } });
await shop.orderPayOrder({ orderId: "ord_1", payOrderRequest: {} });
await shop.orderListOrders({ state: "PAID" });
(await shop.cartGetCart({ cartId: "cart_1" })).items;
`;

/** Runs a program of Node's beside this process, which serves the shop meanwhile. */
async function run(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const options = { cwd: folder, timeout: 60_000 };
  return await promisify(execFile)(process.execPath, args, options).catch((err) => err);
}

async function typeCheck(file: string): Promise<string[]> {
  const options = ["--noEmit", "--strict", "--noUncheckedIndexedAccess", "--allowImportingTsExtensions"];
  const libraries = ["--target", "es2024", "--module", "nodenext", "--lib", "es2024,dom,dom.iterable"];
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { stdout } = await run(tsc, ...options, ...libraries, "--types", "node", file);
  return stdout.split("\n").filter((line) => line.includes("error TS"));
}

test("the client's types hold what the contracts say", { timeout: 60_000 }, async () => {
  await writeFile(join(folder, "storefront.ts"), storefront);
  await writeFile(join(folder, "mistakes.ts"), mistakes);
  expect(await typeCheck("storefront.ts")).toEqual([]);
  const lines = (await typeCheck("mistakes.ts")).map((line) => /^mistakes\.ts\((\d+)/.exec(line)?.[1]);
  expect(lines).toEqual(["3", "4", "5", "6", "7", "8"]);
});

test("the client buys in a running shop", { timeout: 60_000 }, async () => {
  await writeFile(join(folder, "storefront.ts"), storefront);
  const { stdout, stderr } = await run("storefront.ts");
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual([3998, "STATE_PAID", "UNAUTHENTICATED", null]);
});

/** The parts of a Postman collection that are looked at. */
interface PostmanRequest {
  name: string;
  request: {
    method: string;
    url: {
      host: string[];
      path: string[];
      query: { key: string; value: string; disabled?: boolean }[];
      variable: { key: string; value: string }[];
    };
    header: { key: string; value: string; disabled?: boolean }[];
    body?: { raw?: string };
    auth?: { type: string } | null;
  };
}
interface PostmanCollection {
  item: { name: string; item: PostmanRequest[] }[];
  variable: { key: string; value: string }[];
}

test("the Postman collection has every call, and its requests are understood", {
  timeout: 60_000,
}, async () => {
  const read = async (name: string) => JSON.parse(await readFile(join(folder, name), "utf8"));
  const collection: PostmanCollection = await read("postman.json");
  const document = await read("openapi.json");
  const values = new Map(collection.variable.map(({ key, value }) => [key, value]));
  expect(values.get("baseUrl")).toBe(shop.httpUrl);
  const fill = (text: string, own: { key: string; value: string }[] = []) =>
    text
      .replace(/\{\{(\w+)\}\}/g, (_, name: string) => values.get(name) ?? "")
      .replace(/^:([\w.]+)/, (_, name: string) => own.find(({ key }) => key === name)?.value ?? "");
  const requests = collection.item.flatMap(({ item }) => item);
  const paths = Object.values<object>(document.paths).flatMap((path) => Object.keys(path));
  expect(requests).toHaveLength(paths.length);
  const outcomes = requests.map(async ({ name, request }) => {
    const { url, header, body, auth } = request;
    const path = url.path.map((part) => encodeURIComponent(fill(part, url.variable)).replaceAll("%3A", ":"));
    const given = url.query
      .filter(({ disabled }) => disabled !== true)
      .map(({ key, value }): [string, string] => [key, fill(value)]);
    const headers = new Headers();
    for (const { key, value, disabled } of header) if (disabled !== true) headers.set(key, value);
    if (auth?.type === "bearer") headers.set("authorization", `Bearer ${shop.staff}`);
    const query = String(new URLSearchParams(given));
    const response = await fetch(`${fill(url.host.join())}/${path.join("/")}?${query}`, {
      method: request.method,
      headers,
      ...(body?.raw ? { body: body.raw } : {}),
      signal: AbortSignal.timeout(20_000),
    });
    const reader = response.body?.getReader();
    const answer = new TextDecoder().decode((await reader?.read())?.value);
    // A stream would go on.
    await reader?.cancel();
    return { name, status: response.status, answer, isWebhook: url.path[1] === "webhooks" };
  });
  // The examples' ids name nothing here, nobody signs, and staff are no customers; all else fits: route, method, credential and body.
  const problems = (await Promise.all(outcomes)).filter(({ status, answer, isWebhook }) =>
    isWebhook
      ? status !== 401
      : !([200, 400, 404, 409].includes(status) || /ACCOUNT_REQUIRED|CUSTOMER_ONLY/.test(answer)) ||
        /ROUTE_NOT_FOUND|"INVALID_ARGUMENT"|CONTENT_TYPE/.test(answer),
  );
  expect(problems).toEqual([]);
});
