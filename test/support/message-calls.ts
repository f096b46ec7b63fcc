import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { newOrder } from "./buyer.ts";
import type { ContractCall } from "./contract-calls.ts";
import type { TestShop } from "./shop.ts";
import { newStock } from "./stock-calls.ts";

type Prepare = (shop: TestShop) => Promise<ContractCall>;

/** A message about an order: how it is paid by transfer. */
async function instructions(shop: TestShop): Promise<string> {
  const sku = `SKU-${randomUUID()}`;
  await shop.sell(sku);
  const { buyer, order } = await newOrder(shop.rest, [sku]);
  const orderId = String(order.body.id);
  expect((await buyer.payByTransfer(orderId, "BCA_VA")).status).toBe(200);
  const list = () =>
    shop.rest("GET", `/v1/messages?orderId=${orderId}&state=STATE_SENT`, { staff: shop.staff });
  return String(await waitFor(async () => (await list()).body.messages[0]?.id));
}

/** What the link ends with by which somebody stops notices. */
async function unsubscribeToken(shop: TestShop): Promise<string> {
  const email = `${randomUUID()}@example.com`;
  const sku = await newStock(shop, 0);
  expect((await shop.rest("POST", `/v1/stock/${sku}/notices`, { body: { email } })).status).toBe(200);
  const body = { onHand: 5 };
  expect((await shop.rest("POST", `/v1/stock/${sku}:set`, { staff: shop.staff, body })).status).toBe(200);
  // Stock is looked at every few seconds.
  const header = await waitFor(
    async () => {
      const [notice] = await shop.inbox("emails", email);
      return (notice?.["headers"] as Record<string, string> | undefined)?.["List-Unsubscribe"];
    },
    { timeoutMs: 30_000 },
  );
  return header.replace(/^.*\/|>$/g, "");
}

const examples: Prepare = async () => ({});
const byLink: Prepare = async (shop) => ({ path: { token: await unsubscribeToken(shop) }, anonymous: true });

/** How the operations on messages that come back, or are not wanted, are called so that they succeed, by their ids. */
export const messageCalls: Record<string, Prepare> = {
  Notify_ResendMessage: async (shop) => ({ path: { messageId: await instructions(shop) } }),
  Notify_ListSuppressions: examples,
  Notify_DeleteSuppression: examples,
  Notify_GetUnsubscribePage: byLink,
  Notify_Unsubscribe: async (shop) => ({
    ...(await byLink(shop)),
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "List-Unsubscribe=One-Click",
  }),
};
