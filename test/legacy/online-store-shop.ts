import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Answer } from "../support/rest.ts";
import { openShop } from "../support/shop.ts";

/** A shop, and what the tests of online-store's API do with it. */
export async function openOnlineStore() {
  const shop = await openShop();

  const post = (path: string, body: unknown, key?: string) =>
    shop.rest("POST", `/api/v1/${path}`, { body, key });
  const get = (path: string) => shop.rest("GET", `/api/v1/${path}`);
  const asStaff = (method: string, path: string, body?: unknown, key?: string) =>
    shop.rest(method, `/api/v1/${path}`, { staff: shop.staff, body, key });

  /** Makes a product; answers its id. */
  async function sell(quantity: number, price = 10): Promise<string> {
    const made = await asStaff("POST", "products", { name: `Mug ${randomUUID()}`, price, quantity });
    expect(made.status).toBe(200);
    return made.body.id;
  }

  /** Makes an order that is not checked out. */
  async function order(items: Record<string, number>): Promise<Answer> {
    return post("create-order", {
      customer_id: 7,
      items: Object.entries(items).map(([product_id, quantity]) => ({ product_id, quantity })),
    });
  }

  /** Makes, checks out and begins to pay an order; answers its payment. */
  async function awaitMoney(items: Record<string, number>): Promise<Answer> {
    const made = await order(items);
    expect(made.status).toBe(200);
    expect((await post("checkout-order", { order_id: made.body.id })).status).toBe(200);
    const payment = await post("payment-order", { order_id: made.body.id, payment_method: "BCA_VA" });
    expect(payment.status).toBe(200);
    return payment;
  }

  /** What the staff's report says of a product. */
  async function report(id: string): Promise<unknown> {
    const { body } = await asStaff("GET", "check-product-quantity");
    return body.products.find((each: { product_id: string }) => each.product_id === id);
  }

  return {
    shop,
    post,
    get,
    asStaff,
    sell,
    order,
    awaitMoney,
    report,
    [Symbol.asyncDispose]: () => shop[Symbol.asyncDispose](),
  };
}
