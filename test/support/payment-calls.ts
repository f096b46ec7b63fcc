import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { newVisitor, signUp } from "../auth/visitor.ts";
import { delivery, newOrder } from "./buyer.ts";
import type { ContractCall } from "./contract-calls.ts";
import type { TestShop } from "./shop.ts";

type Shop = Pick<TestShop, "rest" | "staff">;

/** A bank statement of so many rows, each of one dollar and for nothing that is known. */
export function statement(rows = 1): string {
  const row = () => `2026-11-21,1.00,USD,${randomUUID()}`;
  return ["date,amount,currency,description", ...Array.from({ length: rows }, row)].join("\n");
}

/** The id of a dollar that came in, nobody knows from whom. */
export async function newBankTransaction({ rest, staff }: Shop): Promise<string> {
  const { status, body } = await rest("POST", "/v1/payments:importStatement", { staff, body: statement() });
  expect([status, body.rows?.[0]?.result]).toEqual([200, "RESULT_UNMATCHED"]);
  return String(body.rows[0].transaction.id);
}

/** The id of a payment that waits for a transfer. */
export async function newTransfer(shop: Pick<TestShop, "rest" | "sell">): Promise<string> {
  const sku = `SKU-${randomUUID()}`;
  await shop.sell(sku);
  const { buyer, order } = await newOrder(shop.rest, [sku]);
  const paid = await buyer.payByTransfer(String(order.body.id), "BCA_VA");
  expect(paid.status).toBe(200);
  return String(paid.body.payment.id);
}

/** A customer who has paid with a card and saved it: the session, and the id of what is saved. */
export async function newPaymentMethod(shop: TestShop): Promise<{ session: string; id: string }> {
  const sku = `SKU-${randomUUID()}`;
  await shop.sell(sku);
  const signedUp = await signUp(newVisitor(shop.httpUrl), `${randomUUID()}@example.com`);
  const session = String(signedUp.body.token);
  const must = async (method: string, path: string, body?: object) => {
    const answer = await shop.rest(method, path, { staff: session, body });
    expect([path, answer.status]).toEqual([path, 200]);
    return answer.body;
  };
  const { id: cartId } = await must("POST", "/v1/carts", {});
  await must("POST", `/v1/carts/${cartId}/items`, { sku, quantity: 1 });
  await must("PUT", `/v1/carts/${cartId}/delivery`, delivery);
  const { id: orderId, shippingMethods } = await must("POST", "/v1/orders", { cartId });
  const shippingMethodId = shippingMethods[0].id;
  await must("POST", `/v1/orders/${orderId}:setShippingMethod`, { shippingMethodId });
  const card = { paymentMethod: "pm_card_visa", savePaymentMethod: true };
  await must("POST", `/v1/orders/${orderId}:pay`, { card });
  const { paymentMethods } = await must("GET", "/v1/paymentMethods");
  return { session, id: String(paymentMethods[0].id) };
}

type Prepare = (shop: TestShop) => Promise<ContractCall>;

const examples: Prepare = async () => ({});
const asCustomer = (session: string): ContractCall => ({ headers: { authorization: `Bearer ${session}` } });

/** How the operations on what banks say, and on saved cards, are called so that they succeed, by their ids. */
export const paymentCalls: Record<string, Prepare> = {
  Payment_ImportBankStatement: async () => ({
    headers: { "content-type": "text/csv" },
    body: statement(),
  }),
  Payment_ListBankTransactions: examples,
  Payment_AssignBankTransaction: async (shop) => ({
    path: { bankTransactionId: await newBankTransaction(shop) },
    body: { paymentId: await newTransfer(shop) },
  }),
  Payment_DismissBankTransaction: async (shop) => ({
    path: { bankTransactionId: await newBankTransaction(shop) },
  }),
  Payment_ListDisputes: examples,
  Payment_ListPaymentMethods: async (shop) => asCustomer((await newPaymentMethod(shop)).session),
  Payment_DeletePaymentMethod: async (shop) => {
    const { session, id } = await newPaymentMethod(shop);
    return { ...asCustomer(session), path: { paymentMethodId: id } };
  },
};
