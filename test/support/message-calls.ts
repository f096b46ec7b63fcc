import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { newOrder } from "./buyer.ts";
import type { ContractCall } from "./contract-calls.ts";
import type { TestShop } from "./shop.ts";
import { newStock } from "./stock-calls.ts";

type Prepare = (shop: TestShop) => Promise<ContractCall>;

/** The id of an e-mail that was sent about an order: how it is paid by transfer. */
export async function newInstructions(shop: TestShop, email?: string): Promise<string> {
  const { rest, staff } = shop;
  const sku = `SKU-${randomUUID()}`;
  await shop.sell(sku);
  const { buyer, order } = await newOrder(rest, [sku], email);
  const orderId = String(order.body.id);
  expect((await buyer.payByTransfer(orderId, "BCA_VA")).status).toBe(200);
  const sent = async () => {
    const { messages } = (await rest("GET", `/v1/messages?orderId=${orderId}`, { staff })).body;
    return (messages as { id: string; channel: string; state: string }[]).find(
      ({ channel, state }) => channel === "CHANNEL_EMAIL" && /SENT|DELIVERED/.test(state),
    );
  };
  return (await waitFor(sent, { what: "an e-mail about an order" })).id;
}

/** The id of the suppression of an address, to which an e-mail bounced. */
export async function newSuppression(
  { rest, staff }: Pick<TestShop, "rest" | "staff">,
  address = `bounce+${randomUUID()}@example.com`,
): Promise<string> {
  const body = { to: address, subject: "Hello", text: "Hello" };
  expect((await rest("POST", "/v1/messages:sendEmail", { staff, body })).status).toBe(200);
  const path = `/v1/suppressions?address=${encodeURIComponent(address)}`;
  const found = async () => (await rest("GET", path, { staff })).body.suppressions[0]?.id;
  return String(await waitFor(found, { what: "the news of a bounce", timeoutMs: 20_000 }));
}

/** What the link ends with by which somebody stops notices. */
export async function newUnsubscribeToken(shop: TestShop): Promise<string> {
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
const byLink: Prepare = async (shop) => ({
  path: { token: await newUnsubscribeToken(shop) },
  anonymous: true,
});

/** How the operations on messages that come back, or are not wanted, are called so that they succeed, by their ids. */
export const messageCalls: Record<string, Prepare> = {
  Notify_ResendMessage: async (shop) => ({ path: { messageId: await newInstructions(shop) } }),
  Notify_ListSuppressions: examples,
  Notify_DeleteSuppression: examples,
  Notify_GetUnsubscribePage: byLink,
  Notify_Unsubscribe: async (shop) => ({
    ...(await byLink(shop)),
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "List-Unsubscribe=One-Click",
  }),
};
