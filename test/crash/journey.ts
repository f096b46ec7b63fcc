import { delivery, newBuyer } from "../support/buyer.ts";
import { insist, Refused } from "../support/insist.ts";
import { type Answer, reasonIn } from "../support/rest.ts";
import type { TestShop } from "../support/shop.ts";

/** How many units there are, and how many of them are bought. */
export const stocked = 5;
export const bought = 2;

/** A buyer on the way from the cart to the parcel, who knows at which request the shop fell silent. */
export interface Journey {
  name: string;
  sku: string;
  email: string;
  phone: string;
  cartId: string;
  /** The promotion whose one code, good for one order, is in the cart. */
  promotionId: string;
  /** Makes the requests that were not answered yet, each with its key; throws when the shop is gone. */
  goOn(): Promise<void>;
}

/** How a journey goes: by card or by bank transfer to the parcel, or from the order to its cancellation. */
export type Method = "card" | "transfer" | "cancel";

/** Puts goods of its own on sale and into a cart. */
export async function startJourney(shop: TestShop, number: number, method: Method): Promise<Journey> {
  const name = `${method}-${number}`;
  const sku = name.toUpperCase();
  const email = `${name}@example.com`;
  const phone = `+1415555${String(number).padStart(4, "0")}`;
  await shop.sell(sku, { stock: stocked });
  const { cartId, token } = await newBuyer(shop.rest);
  await must(shop.rest("POST", `/v1/carts/${cartId}/items`, { token, body: { sku, quantity: bought } }));
  const promotionId = await offerCode(shop, sku);
  await must(shop.rest("POST", `/v1/carts/${cartId}/coupons`, { token, body: { code: sku } }));
  const body = { ...delivery, contact: { email, phone } };
  await must(shop.rest("PUT", `/v1/carts/${cartId}/delivery`, { token, body }));

  let order: Answer["body"];
  let attempts = 0;
  const how =
    method === "card" ? { card: { paymentMethod: "pm_card_visa" } } : { bankTransfer: { bank: "BCA_VA" } };
  const post = (path: string, key: string, body: object) =>
    insist(shop.rest, path, { token, key: `${name}-${key}`, body });
  const place = async () => {
    order = await post("/v1/orders", "place", { cartId });
  };
  const choose = async () => {
    await post(`/v1/orders/${order.id}:setShippingMethod`, "ship", {
      shippingMethodId: order.shippingMethods[0].id,
    });
  };
  const pay = async () => {
    const path = `/v1/orders/${order.id}:pay`;
    try {
      order = await post(path, `pay-${attempts}`, how);
    } catch (err) {
      // The attempt was given up before its payment began, and the buyer is asked for another.
      if (!(err instanceof Refused) || reasonIn(err.answer) !== "PAYMENT_DECLINED") throw err;
      attempts++;
      order = await post(path, `pay-${attempts}`, how);
    }
  };
  const confirm = async () => {
    const path = `/v1/payments/${order.payment.id}:confirm`;
    await insist(shop.rest, path, { staff: shop.staff, key: `${name}-confirm`, body: {} });
  };
  const cancel = async () => {
    await post(`/v1/orders/${order.id}:cancel`, "cancel", { reason: "changed my mind" });
  };
  const requests = {
    card: [place, choose, pay],
    transfer: [place, choose, pay, confirm],
    cancel: [cancel],
  }[method];
  if (method === "cancel") await place();
  let next = 0;
  return {
    ...{ name, sku, email, phone, cartId, promotionId },
    goOn: async () => {
      for (let request = requests[next]; request !== undefined; request = requests[++next]) await request();
    },
  };
}

/** A code that one order may use. */
async function offerCode({ rest, staff }: TestShop, code: string): Promise<string> {
  const promotion = { title: code, percentage: { basisPoints: 1000 } };
  const { id } = await must(rest("POST", "/v1/promotions", { staff, body: promotion }));
  await must(rest("POST", `/v1/promotions/${id}/coupons`, { staff, body: { codes: [code], limit: 1 } }));
  return id;
}

async function must(answer: Promise<Answer>): Promise<Answer["body"]> {
  const { status, body } = await answer;
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
}
