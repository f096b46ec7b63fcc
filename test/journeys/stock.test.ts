import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { newOrder } from "../support/buyer.ts";
import { reasonIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop({ ROWLOCK_STAFF_EMAILS: "ada@shop.example, grace@shop.example" });
});
afterAll(() => shop?.[Symbol.asyncDispose]());

/** A change by staff that succeeds. */
async function staff(method: string, path: string, body?: unknown) {
  const answer = await shop.rest(method, path, { staff: shop.staff, body });
  expect([answer.status, answer.body]).toEqual([200, answer.body]);
  return answer.body;
}

/** The stock is looked at every five seconds. */
const soon = { timeoutMs: 30_000 };
const subjects = async (to: string) => (await shop.inbox("emails", to)).map(({ subject }) => subject);
const report = async (sku: string) => (await staff("GET", `/v1/stock:report?skus=${sku}`)).items[0];
const onHand = async (sku: string) => {
  const { stock } = await staff("GET", `/v1/stock/${sku}:explain`);
  return Object.fromEntries(
    stock.map((item: { locationId: string; onHand: number }) => [item.locationId, item.onHand]),
  );
};

test("staff hear of low stock once, who waits hears that it is back once", { timeout: 120_000 }, async () => {
  await shop.sell("KETTLE", { stock: 3, title: "Kettle" });
  expect(await staff("POST", "/v1/stock/KETTLE:setThreshold", { threshold: 1 })).toMatchObject({
    available: 3,
    threshold: 1,
  });
  const waiting = { body: { email: "buyer@example.com" } };
  const refused = await shop.rest("POST", "/v1/stock/KETTLE/notices", waiting);
  expect([refused.status, reasonIn(refused)]).toEqual([400, "STOCK_AVAILABLE"]);

  const { order, buyer } = await newOrder(shop.rest, ["KETTLE", "KETTLE", "KETTLE"]);
  await waitFor(async () => (await subjects("ada@shop.example")).length > 0, soon);
  expect(await subjects("ada@shop.example")).toEqual(["Out of stock: Kettle"]);
  await waitFor(async () => (await subjects("grace@shop.example")).length > 0, soon);
  const open = await staff("GET", "/v1/stockAlerts?openOnly=true");
  expect(open.alerts).toMatchObject([{ sku: "KETTLE", available: 0, threshold: 1 }]);
  expect(await report("KETTLE")).toMatchObject({ onHand: 3, demanded: 3, shortfall: 1, waiting: 0 });

  for (let asked = 0; asked < 2; asked++) {
    expect((await shop.rest("POST", "/v1/stock/KETTLE/notices", waiting)).status).toBe(200);
  }
  expect(await report("KETTLE")).toMatchObject({ waiting: 1 });
  const paid = await buyer.payByCard(order.body.id, "pm_card_visa");
  expect(paid.body.state).toBe("STATE_PAID");
  await staff("POST", "/v1/stock/KETTLE:adjust", { delta: 4, reason: "delivery" });
  await waitFor(async () => (await subjects("buyer@example.com")).length > 0, soon);
  expect(await subjects("buyer@example.com")).toEqual(["Back in stock: Kettle"]);
  await waitFor(async () => (await staff("GET", "/v1/stockAlerts?openOnly=true")).alerts.length === 0, soon);
  await waitFor(async () => (await report("KETTLE")).waiting === 0, soon);
  const [alert] = (await staff("GET", "/v1/stockAlerts")).alerts;
  expect(Date.parse(alert.resolveTime)).toBeGreaterThan(Date.parse(alert.createTime));
  expect(await subjects("ada@shop.example")).toHaveLength(1);
});

test("an order takes what two locations have", async () => {
  await shop.sell("BENCH", { stock: 1 });
  await staff("POST", "/v1/locations", { id: "attic", name: "Attic", priority: -1 });
  await staff("POST", "/v1/stock/BENCH:adjust", { delta: 1, reason: "found one" });
  await staff("POST", "/v1/stock/BENCH:transfer", {
    fromLocationId: "main",
    toLocationId: "attic",
    quantity: 1,
  });
  const { order, buyer } = await newOrder(shop.rest, ["BENCH", "BENCH"]);
  const { id } = order.body;
  await buyer.payByTransfer(id, "BCA_VA");
  const { body } = await buyer.get(id);
  await staff("POST", `/v1/payments/${body.payment.id}:confirm`, {});
  await buyer.until(id, "STATE_FULFILLED");
  expect(await onHand("BENCH")).toEqual({ attic: 0, main: 0 });
  const { violations } = await staff("POST", "/v1/stock:reconcile", { dryRun: true });
  expect(violations).toEqual([]);
});

test("the report as CSV is what a spreadsheet opens", async () => {
  await shop.sell("TRAY", { stock: 12 });
  const headers = { authorization: `Bearer ${shop.staff}` };
  const answer = await fetch(`${shop.httpUrl}/v1/stock:reportCsv`, { headers });
  expect(answer.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  const lines = (await answer.text()).split("\r\n");
  expect(lines[0]).toBe("sku,on_hand,reserved,available,demanded,shortfall,threshold,waiting");
  expect(lines).toContain("TRAY,12,0,12,0,0,,0");
  const short = await fetch(`${shop.httpUrl}/v1/stock:reportCsv?shortOnly=true`, { headers });
  expect(await short.text()).not.toContain("TRAY");
  expect((await fetch(`${shop.httpUrl}/v1/stock:reportCsv`)).status).toBe(401);
});
