import { createHmac, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { expect } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { signTwilio } from "../../services/notify/testing/sign-twilio.ts";
import { type Buyer, delivery, newBuyer, newOrder } from "./buyer.ts";
import { legacyCalls } from "./legacy-calls.ts";
import { messageCalls } from "./message-calls.ts";
import { microServicesCalls } from "./micro-services-calls.ts";
import { onlineStoreCalls } from "./online-store-calls.ts";
import { paymentCalls } from "./payment-calls.ts";
import { priceCalls } from "./price-calls.ts";
import { pycomCalls } from "./pycom-calls.ts";
import { shippingCalls } from "./shipping-calls.ts";
import type { TestShop } from "./shop.ts";
import { stockCalls } from "./stock-calls.ts";
import { webhookCalls } from "./webhook-calls.ts";

/** What an operation is called with; what is not given is taken from the document's examples. */
export interface ContractCall {
  /** Values of the path's parameters. */
  path?: Record<string, string>;
  query?: Record<string, string | string[]>;
  headers?: Record<string, string>;
  /** JSON, or bytes as they are. */
  body?: unknown;
  /** The token of a guest; without one the call is the staff's. */
  token?: string;
  /** Nobody's call. */
  anonymous?: boolean;
}

type Prepare = (shop: TestShop) => ContractCall | Promise<ContractCall>;

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });

/** The environment of a shop that believes the webhooks signed here. */
export const contractEnv = {
  SENDGRID_WEBHOOK_PUBLIC_KEY: publicKey.export({ type: "spki", format: "der" }).toString("base64"),
};

const sku = () => `SKU-${randomUUID().slice(0, 8)}`;

async function product(shop: TestShop): Promise<{ id: string; sku: string }> {
  const name = sku();
  await shop.sell(name);
  const found = await shop.rest("GET", `/v1/variants:batchGet?skus=${name}`);
  const id = found.body.variants[0].productId;
  return { id, sku: name };
}

async function cart(shop: TestShop): Promise<{ buyer: Buyer; sku: string }> {
  const { sku: name } = await product(shop);
  const buyer = await newBuyer(shop.rest);
  expect((await buyer.add(name)).status).toBe(200);
  expect((await buyer.deliver()).status).toBe(200);
  return { buyer, sku: name };
}

/** An order with a shipping method, waiting for its payment. */
async function order(shop: TestShop) {
  const { sku: name } = await product(shop);
  const { buyer, order: placed } = await newOrder(shop.rest, [name]);
  const orderId = String(placed.body.id);
  return { buyer, orderId, token: buyer.token, rateId: String(placed.body.shippingMethodId) };
}

const ofOrder: Prepare = async (shop) => {
  const { orderId, token } = await order(shop);
  return { path: { orderId }, token };
};

/** The payment of an order, by card or by transfer. */
async function payment(shop: TestShop, how: "card" | "transfer"): Promise<string> {
  const { buyer, orderId } = await order(shop);
  const paid =
    how === "card"
      ? await buyer.payByCard(orderId, "pm_card_visa")
      : await buyer.payByTransfer(orderId, "BCA_VA");
  expect(paid.status).toBe(200);
  return String(paid.body.payment.id);
}

/** A payment by transfer that waits for its money. */
async function transfer(shop: TestShop): Promise<{ id: string; reference: string; amount: number }> {
  const { body } = await shop.rest("GET", `/v1/payments/${await payment(shop, "transfer")}`, {
    staff: shop.staff,
  });
  return { id: body.id, reference: body.reference, amount: body.amount.amount };
}

/** A bank's statement of one transfer in USD. */
function statement(reference: string, amount: number): string {
  const row = ["2026-11-21", (amount / 100).toFixed(2), "USD", reference, `T-${randomUUID()}`];
  return `date,amount,currency,reference,transaction id\n${row.join(",")}\n`;
}

/** A transaction of a bank that no payment is known for. */
async function bankTransaction(shop: TestShop): Promise<string> {
  const url = `${shop.httpUrl}/v1/payments:importStatement`;
  const headers = { authorization: `Bearer ${shop.staff}`, "content-type": "text/csv" };
  const answer = await fetch(url, { method: "POST", headers, body: statement("rent", 1000) });
  expect(answer.status).toBe(200);
  const { rows } = (await answer.json()) as { rows: { transaction: { id: string } }[] };
  return String(rows[0]?.transaction.id);
}

async function shipment(shop: TestShop): Promise<{ id: string; rateId: string }> {
  const { orderId } = await order(shop);
  const { body } = await shop.rest("GET", `/v1/shipments?orderId=${orderId}`, { staff: shop.staff });
  const [{ id, rates }] = body.shipments;
  return { id, rateId: rates[0].id };
}

/** An event in the inbox of a service, once its webhook is applied. */
async function webhookEvent(shop: TestShop, area: string, receive: Prepare, path: string): Promise<string> {
  const { body, headers = {}, query = {} } = await receive(shop);
  const url = `${shop.httpUrl}${path}?${String(new URLSearchParams(query as Record<string, string>))}`;
  const answer = await fetch(url, { method: "POST", headers, body: String(body) });
  expect(answer.status).toBe(200);
  const inbox = () =>
    shop.rest("GET", `/v1/webhookEvents/${area}?state=STATE_APPLIED`, { staff: shop.staff });
  return String(await waitFor(async () => (await inbox()).body.events[0]?.id));
}

const stripe: Prepare = () => {
  const body = JSON.stringify({
    id: `evt_${randomUUID()}`,
    object: "event",
    type: "payment_intent.succeeded",
    data: { object: { id: "pi_unknown", object: "payment_intent", metadata: {} } },
  });
  const time = Math.floor(Date.now() / 1000);
  const digest = createHmac("sha256", "whsec_sandbox").update(`${time}.${body}`).digest("hex");
  const headers = { "content-type": "application/json", "stripe-signature": `t=${time},v1=${digest}` };
  return { body, headers, anonymous: true };
};

const shippo: Prepare = () => {
  const data = { object_id: randomUUID(), status: "SUCCESS", rate: "unknown", metadata: "unknown" };
  const body = JSON.stringify({ event: "transaction_updated", test: true, data });
  const headers = { "content-type": "application/json" };
  return { body, headers, query: { token: "sandbox" }, anonymous: true };
};

const sendgrid: Prepare = () => {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const body = JSON.stringify([
    {
      event: "delivered",
      sg_event_id: randomUUID(),
      sg_message_id: "unknown",
      email: "ada@example.com",
      timestamp: Number(timestamp),
    },
  ]);
  const signature = sign("sha256", Buffer.from(timestamp + body), privateKey).toString("base64");
  return {
    body,
    anonymous: true,
    headers: {
      "content-type": "application/json",
      "x-twilio-email-event-webhook-signature": signature,
      "x-twilio-email-event-webhook-timestamp": timestamp,
    },
  };
};

const twilio: Prepare = (shop) => {
  const fields = {
    MessageSid: `SM${randomUUID().replaceAll("-", "")}`,
    MessageStatus: "delivered",
    To: "+14155550123",
  };
  const signature = signTwilio("sandbox", `${shop.httpUrl}/v1/webhooks/twilio`, fields);
  const headers = { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature };
  return { body: String(new URLSearchParams(fields)), headers, anonymous: true };
};

const replay =
  (area: string, receive: Prepare, path: string): Prepare =>
  async (shop) => ({ path: { eventId: await webhookEvent(shop, area, receive, path) } });

/** A customer who has just signed up, and what their calls carry. */
async function customer(shop: TestShop): Promise<{ id: string; headers: Record<string, string> }> {
  const body = { name: "Ada", email: `${randomUUID()}@example.com`, password: "a-password-of-the-tests" };
  const made = await shop.rest("POST", "/v1/auth/sign-up/email", { body });
  expect(made.status).toBe(200);
  return { id: made.body.user.id, headers: { authorization: `Bearer ${made.body.token}` } };
}

const asCustomer: Prepare = async (shop) => ({ headers: (await customer(shop)).headers });
const ofCustomer: Prepare = async (shop) => ({ path: { customerId: (await customer(shop)).id } });

/** One of the addresses in a customer's book. */
const ofAddress: Prepare = async (shop) => {
  const { headers } = await customer(shop);
  const made = await fetch(`${shop.httpUrl}/v1/customer/addresses`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ address: delivery.shippingAddress }),
  });
  const { id } = (await made.json()) as { id: string };
  return { path: { addressId: id }, headers };
};

const ofProduct: Prepare = async (shop) => ({ path: { productId: (await product(shop)).id } });
const ofSku: Prepare = async (shop) => ({ path: { sku: (await product(shop)).sku } });
const ofCart: Prepare = async (shop) => {
  const { buyer } = await cart(shop);
  return { path: { cartId: buyer.cartId }, token: buyer.token };
};
const ofTransfer: Prepare = async (shop) => ({ path: { paymentId: await payment(shop, "transfer") } });
const examples: Prepare = () => ({});
const fulfilled = { event: "order.fulfilled", language: "en" };

/** How each operation is called so that it succeeds, by its id. */
export const contractCalls: Record<string, Prepare> = {
  Catalog_CreateCategory: examples,
  Catalog_ListCategories: examples,
  Catalog_CreateProduct: async (shop) => {
    const category = { id: "mugs", title: "Mugs", parentId: "" };
    const made = await shop.rest("POST", "/v1/categories", { staff: shop.staff, body: category });
    expect(made.status).toBe(200);
    return {};
  },
  Catalog_GetProduct: ofProduct,
  Catalog_BatchGetProducts: async (shop) => ({ query: { productIds: [(await product(shop)).id] } }),
  Catalog_ListProducts: examples,
  Catalog_UpdateProduct: ofProduct,
  Catalog_ArchiveProduct: ofProduct,
  Catalog_BatchGetVariants: async (shop) => ({ query: { skus: [(await product(shop)).sku] } }),

  Inventory_SetStock: ofSku,
  Inventory_AdjustStock: ofSku,
  Inventory_GetStock: ofSku,
  Inventory_ListStock: examples,
  Inventory_CheckAvailability: examples,
  Inventory_WatchStock: async (shop) => ({ query: { skus: [(await product(shop)).sku] } }),
  Inventory_GetReservation: async (shop) => ({ path: { reservationId: (await order(shop)).orderId } }),
  Inventory_ListLedger: ofSku,
  Inventory_ExplainAvailability: ofSku,
  Inventory_Reconcile: examples,

  Cart_CreateCart: () => ({ anonymous: true }),
  Cart_GetCart: ofCart,
  Cart_GetCurrentCart: async (shop) => ({ token: (await cart(shop)).buyer.token }),
  Cart_AddItem: async (shop) => {
    const { buyer, sku: name } = await cart(shop);
    return { path: { cartId: buyer.cartId }, token: buyer.token, body: { sku: name, quantity: 2 } };
  },
  Cart_SetItem: async (shop) => {
    const { buyer, sku: name } = await cart(shop);
    return { path: { cartId: buyer.cartId, sku: name }, token: buyer.token };
  },
  Cart_RemoveItem: async (shop) => {
    const { buyer, sku: name } = await cart(shop);
    return { path: { cartId: buyer.cartId, sku: name }, token: buyer.token };
  },
  Cart_ClearCart: ofCart,
  Cart_SetDelivery: async (shop) => ({ ...(await ofCart(shop)), body: delivery }),

  Order_PlaceOrder: async (shop) => {
    const { buyer } = await cart(shop);
    return { token: buyer.token, body: { cartId: buyer.cartId } };
  },
  Order_SetShippingMethod: async (shop) => {
    const { orderId, token, rateId } = await order(shop);
    return { path: { orderId }, token, body: { shippingMethodId: rateId } };
  },
  Order_PayOrder: ofOrder,
  Order_ConfirmPayment: async (shop) => {
    const { buyer, orderId, token } = await order(shop);
    const asked = await buyer.payByCard(orderId, "pm_card_authenticationRequired");
    const body = new URLSearchParams({ outcome: "authorise" });
    await fetch(asked.body.payment.redirectUrl, { method: "POST", body, redirect: "manual" });
    return { path: { orderId }, token };
  },
  Order_CancelOrder: ofOrder,
  Order_RefundOrder: async (shop) => {
    const { buyer, orderId } = await order(shop);
    expect((await buyer.payByCard(orderId, "pm_card_visa")).status).toBe(200);
    return { path: { orderId }, body: { shipping: true, reason: "Late" } };
  },
  Order_GetOrder: ofOrder,
  Order_ListOrders: examples,
  Order_ListOwnOrders: async (shop) => ({ token: (await order(shop)).token }),
  Order_ListOrderProblems: examples,
  Order_RetryOrder: async (shop) => ({ path: { orderId: (await order(shop)).orderId } }),
  Order_WatchOrder: ofOrder,
  Order_ListOrderEvents: ofOrder,
  Order_ExplainOrder: async (shop) => ({ path: { orderId: (await order(shop)).orderId } }),

  Customer_GetOwnProfile: asCustomer,
  Customer_UpdateOwnProfile: async (shop) => ({ ...(await asCustomer(shop)), body: { name: "Ada King" } }),
  Customer_ListOwnAddresses: asCustomer,
  Customer_AddAddress: asCustomer,
  Customer_ReplaceAddress: ofAddress,
  Customer_RemoveAddress: ofAddress,
  Customer_ExportOwnData: asCustomer,
  Customer_EraseOwnData: asCustomer,
  Customer_GetCustomer: ofCustomer,
  Customer_ListCustomers: examples,
  Customer_ExportCustomer: ofCustomer,
  Customer_EraseCustomer: ofCustomer,

  Payment_GetPayment: async (shop) => ({ path: { paymentId: await payment(shop, "card") } }),
  Payment_ListPayments: examples,
  Payment_ConfirmPayment: ofTransfer,
  Payment_RejectPayment: ofTransfer,
  Payment_RefundPayment: async (shop) => ({
    path: { paymentId: await payment(shop, "card") },
    body: { amount: { currencyCode: "USD", amount: 100 }, reason: "Scratched" },
  }),
  Payment_Reconcile: examples,
  Payment_ImportBankStatement: async (shop) => {
    const { reference, amount } = await transfer(shop);
    return { body: statement(reference, amount), headers: { "content-type": "text/csv" } };
  },
  Payment_ListBankTransactions: examples,
  Payment_AssignBankTransaction: async (shop) => {
    const { id: paymentId } = await transfer(shop);
    return { path: { bankTransactionId: await bankTransaction(shop) }, body: { paymentId } };
  },
  Payment_DismissBankTransaction: async (shop) => ({
    path: { bankTransactionId: await bankTransaction(shop) },
    body: { reason: "The rent of the room above" },
  }),
  Payment_ReceiveStripeWebhook: stripe,
  Payment_ListWebhookEvents: examples,
  Payment_ReplayWebhookEvent: replay("payment", stripe, "/v1/webhooks/stripe"),

  Shipping_SelectRate: async (shop) => {
    const { id, rateId } = await shipment(shop);
    return { path: { shipmentId: id }, body: { rateId } };
  },
  Shipping_BuyLabel: async (shop) => {
    const { id, rateId } = await shipment(shop);
    return { path: { shipmentId: id }, body: { rateId } };
  },
  Shipping_CreateReturn: async (shop) => {
    const { id, rateId } = await shipment(shop);
    await shop.rest("POST", `/v1/shipments/${id}:buyLabel`, { staff: shop.staff, body: { rateId } });
    return { path: { shipmentId: id }, body: {} };
  },
  Shipping_ValidateAddress: async (shop) => ({
    token: (await order(shop)).token,
    body: { address: delivery.shippingAddress },
  }),
  Shipping_VoidLabel: async (shop) => {
    const { id, rateId } = await shipment(shop);
    await shop.rest("POST", `/v1/shipments/${id}:buyLabel`, { staff: shop.staff, body: { rateId } });
    return { path: { shipmentId: id } };
  },
  Shipping_GetShipment: async (shop) => ({ path: { shipmentId: (await shipment(shop)).id } }),
  Shipping_ListShipments: examples,
  Shipping_ReceiveShippoWebhook: shippo,
  Shipping_ListWebhookEvents: examples,
  Shipping_ReplayWebhookEvent: replay("shipping", shippo, "/v1/webhooks/shippo"),

  Notify_SendEmail: examples,
  Notify_SendSms: examples,
  Notify_GetMessage: async (shop) => {
    const body = { to: "ada@example.com", subject: "Hello", text: "Hello" };
    const sent = await shop.rest("POST", "/v1/messages:sendEmail", { staff: shop.staff, body });
    return { path: { messageId: sent.body.id } };
  },
  Notify_ListMessages: examples,
  Notify_ListTemplates: examples,
  Notify_GetTemplate: () => ({ path: fulfilled }),
  Notify_UpdateTemplate: () => ({ path: fulfilled, body: { override: { subject: "It is on its way" } } }),
  Notify_DeleteTemplate: () => ({ path: fulfilled }),
  Notify_PreviewTemplate: () => ({ path: fulfilled, body: { override: { sms: "It is on its way" } } }),
  Notify_GetMessageSettings: examples,
  Notify_UpdateMessageSetting: () => ({ path: { event: "order.placed" }, body: { sms: false } }),
  Notify_ReceiveSendgridWebhook: sendgrid,
  Notify_ReceiveTwilioWebhook: twilio,
  Notify_ListWebhookEvents: examples,
  Notify_ReplayWebhookEvent: replay("notify", sendgrid, "/v1/webhooks/sendgrid"),

  Auth_GetCaller: examples,
  Auth_CreateApiKey: examples,
  Auth_ListApiKeys: examples,
  Auth_RevokeApiKey: async (shop) => {
    const body = { name: "To be revoked", role: "ROLE_VIEWER" };
    const made = await shop.rest("POST", "/v1/apiKeys", { staff: shop.staff, body });
    return { path: { apiKeyId: made.body.id } };
  },

  ...messageCalls,
  ...paymentCalls,
  ...priceCalls,
  ...shippingCalls,
  ...stockCalls,
  ...webhookCalls,
  ...legacyCalls,
  ...onlineStoreCalls,
  ...pycomCalls,
  ...microServicesCalls,
};
