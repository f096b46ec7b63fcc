import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { delivery, newBuyer } from "../support/buyer.ts";
import { infoIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop({ ROWLOCK_ORIGIN_COUNTRY: "VN" });
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const staffCall = async (method: string, path: string, body?: unknown) => {
  const answer = await shop.rest(method, path, { staff: shop.staff, body });
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.body;
};

const variantOf = (sku: string, customs: object = {}) => ({
  sku,
  prices: [{ currencyCode: "USD", amount: 1250 }],
  package: { lengthMm: 100, widthMm: 80, heightMm: 30, weightG: 250 },
  ...customs,
});

async function sell(title: string, variant: ReturnType<typeof variantOf>): Promise<string> {
  const { id } = await staffCall("POST", "/v1/products", { title, variants: [variant] });
  await staffCall("POST", `/v1/stock/${variant.sku}:set`, { onHand: 10 });
  return String(id);
}

const abroad = {
  contact: { email: "ada@example.com", phone: "+493012345678" },
  shippingAddress: {
    ...{ name: "Ada Lovelace", line1: "Torstrasse 1", city: "Berlin", state: "" },
    ...{ postalCode: "10119", countryCode: "DE" },
  },
};

async function cartOf(skus: Record<string, number>, to: object) {
  const buyer = await newBuyer(shop.rest);
  for (const [sku, quantity] of Object.entries(skus)) await buyer.add(sku, quantity);
  const set = await shop.rest("PUT", `/v1/carts/${buyer.cartId}/delivery`, { token: buyer.token, body: to });
  expect(set.status).toBe(200);
  return buyer;
}

/** What the carrier's label says of the goods. */
async function declaredOn(shipmentId: string): Promise<object[] | undefined> {
  const response = await fetch(`${shop.sandboxUrl}/sandbox/api/labels?limit=50`);
  const { items } = (await response.json()) as { items: { metadata: string; customs: object[] }[] };
  return items.find(({ metadata }) => metadata === shipmentId)?.customs;
}

test("goods go abroad with what the catalog says of them, and not at all without a tariff number", async () => {
  const productId = await sell("Mug", variantOf("MUG"));
  await sell("Shirt", variantOf("SHIRT", { originCountryCode: "PT", tariffNumber: "6109100010" }));

  const buyer = await cartOf({ MUG: 2, SHIRT: 1 }, abroad);
  const refused = await buyer.place();
  expect([refused.status, infoIn(refused)]).toMatchObject([
    400,
    { reason: "CUSTOMS_DATA_MISSING", metadata: { sku: "MUG", missing: "tariff_number" } },
  ]);
  // Nothing is held for it, and the cart is open.
  await waitFor(async () => (await shop.stock("MUG")).reserved === 0);

  const variants = [variantOf("MUG", { tariffNumber: "691200" })];
  await staffCall("PATCH", `/v1/products/${productId}`, { variants });
  const placed = await buyer.place();
  expect(placed.body).toMatchObject({
    lines: [
      { sku: "MUG", originCountryCode: "", tariffNumber: "691200" },
      { sku: "SHIRT", originCountryCode: "PT", tariffNumber: "6109100010" },
    ],
  });
  // What is said of the product from now on is for later orders.
  await staffCall("PATCH", `/v1/products/${productId}`, {
    variants: [variantOf("MUG", { originCountryCode: "PL", tariffNumber: "691110" })],
  });
  const orderId = String(placed.body.id);
  await buyer.chooseCheapest(placed);
  expect((await buyer.payByCard(orderId, "pm_card_visa")).status).toBe(200);
  const { shipments, fulfillment } = (await buyer.until(orderId, "STATE_FULFILLED")).body;
  expect(fulfillment.trackingNumber).not.toBe("");

  const declared = [
    { description: "Mug", quantity: 2, value: "25.00 USD", origin_country: "VN", tariff_number: "691200" },
    {
      ...{ description: "Shirt", quantity: 1, value: "12.50 USD" },
      ...{ origin_country: "PT", tariff_number: "6109100010" },
    },
  ];
  const [{ id: shipmentId }] = shipments as [{ id: string }];
  expect(await declaredOn(shipmentId)).toEqual(declared);
});

test("a flat rate takes goods abroad that carriers do not, and at home nothing is declared", async () => {
  await sell("Cap", variantOf("CAP"));
  const home = await (await cartOf({ CAP: 1 }, delivery)).place();
  expect(home.status).toBe(200);

  await staffCall("POST", "/v1/flatRates", {
    title: "Abroad",
    destinations: [{ countryCode: "CA" }],
    tiers: [{ price: { currencyCode: "USD", amount: 1900 } }],
  });
  const address = { ...abroad.shippingAddress, city: "Toronto", state: "ON", countryCode: "CA" };
  const buyer = await cartOf({ CAP: 1 }, { ...abroad, shippingAddress: address });
  // Flat rates are known to every process within a second.
  const placed = await waitFor(async () => {
    const answer = await buyer.place();
    return answer.status === 200 && answer;
  });
  expect(placed.body.shippingMethods).toMatchObject([{ service: "Abroad", carrier: "" }]);
});
