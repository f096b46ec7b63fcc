import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asSuperuser } from "../lib/testing/postgres.ts";
import { waitFor } from "../lib/testing/wait-for.ts";
import { newVisitor, signUp } from "./auth/visitor.ts";
import { newOrder } from "./support/buyer.ts";
import { routes } from "./support/contracts.ts";
import { newSuppression } from "./support/message-calls.ts";
import { statement } from "./support/payment-calls.ts";
import { newCoupon, newTaxRate } from "./support/price-calls.ts";
import { callRaw } from "./support/raw.ts";
import {
  invalid,
  jsonCall,
  openVictim,
  type Row,
  testRefusals,
  type Victim,
  withHeaders,
} from "./support/refusals.ts";
import { infoIn } from "./support/rest.ts";
import { newFlatRate } from "./support/shipping-calls.ts";
import { makeEndpoint } from "./support/webhook-calls.ts";

let victim: Victim;
/** Each list of the API that has pages, but the buyer's own: its path, and the token of its second one. */
const lists = routes
  .filter((route) => route.method.input.fields.some((field) => field.name === "page_token"))
  .filter(({ template }) => !template.endsWith(":own"))
  .map(({ template }) => template);
/** What stands in their paths, by the name of the variable. */
const variables: Record<string, string> = { sku: "BAD" };
const pathOf = (list: string) => list.replace(/\{(\w+)\}/g, (_, name: string) => variables[name] ?? "none");
let bankTransactionId: string;
const pageTokens = new Map<string, string>();
beforeAll(async () => {
  victim = await openVictim();
  await fillLists(victim);
  for (const list of lists) {
    // What vendors tell by webhook arrives by and by.
    const body = await waitFor(
      async () => {
        const page = await victim.shop.rest("GET", `${pathOf(list)}?pageSize=1`, {
          staff: victim.shop.staff,
        });
        expect([list, page.status]).toEqual([list, 200]);
        return page.body.nextPageToken?.length > 0 && page.body;
      },
      { what: `a second page of ${list}`, timeoutMs: 20_000 },
    );
    pageTokens.set(list, body.nextPageToken);
  }
  await stopTelling(victim);
});
afterAll(() => victim?.[Symbol.asyncDispose]());

const as = {
  nobody: jsonCall,
  staff: (method: string, path: string, body?: unknown) =>
    withHeaders(jsonCall(method, path, body), { "x-api-key": victim.shop.staff }),
  customer: (method: string, path: string, body?: unknown) =>
    withHeaders(jsonCall(method, path, body), { "rowlock-token": victim.customer.token }),
};
const add = (sku: string) =>
  withHeaders(jsonCall("POST", `/v1/carts/${victim.buyer.cartId}/items`, { sku, quantity: 1 }), {
    "rowlock-token": victim.buyer.token,
  });
const long = "x".repeat(5_000);

/** Ids that no resource has, and what they are refused with where one is looked up. */
const ids: [what: string, segment: string, reason: "NOT_FOUND" | "INVALID_ARGUMENT"][] = [
  ["nobody's", "none", "NOT_FOUND"],
  ["as long as may be", "x".repeat(64), "NOT_FOUND"],
  ["too long", "x".repeat(81), "INVALID_ARGUMENT"],
  ["very long", long, "INVALID_ARGUMENT"],
  ["a NUL", "%00", "INVALID_ARGUMENT"],
  ["text around a NUL", "prod_%00", "INVALID_ARGUMENT"],
  ["a slash", "a%2Fb", "NOT_FOUND"],
  ["letters of elsewhere", "%E7%8C%AB%F0%9F%A6%80", "NOT_FOUND"],
  ["no UTF-8", "%FF", "INVALID_ARGUMENT"],
  ["half a surrogate pair", "%ED%A0%80", "INVALID_ARGUMENT"],
  ["a broken escape", "%zz", "INVALID_ARGUMENT"],
  ["SQL", "'%20or%20true--", "NOT_FOUND"],
  ["a pattern", "%25", "NOT_FOUND"],
  ["a number", "0", "NOT_FOUND"],
  ["dots", "%2e%2e", "NOT_FOUND"],
];
const lookUps: [path: string, reason: string][] = [
  ["/v1/products/ID", "PRODUCT_NOT_FOUND"],
  ["/v1/carts/ID", "CART_NOT_FOUND"],
  ["/v1/orders/ID", "ORDER_NOT_FOUND"],
  ["/v1/orders/ID/events", "ORDER_NOT_FOUND"],
  ["/v1/payments/ID", "PAYMENT_NOT_FOUND"],
  ["/v1/shipments/ID", "SHIPMENT_NOT_FOUND"],
  ["/v1/flatRates/ID", "FLAT_RATE_NOT_FOUND"],
  ["/v1/messages/ID", "MESSAGE_NOT_FOUND"],
  ["/v1/templates/ID/en", "TEMPLATE_NOT_FOUND"],
  ["/v1/customers/ID", "CUSTOMER_NOT_FOUND"],
  ["/v1/reservations/ID", "RESERVATION_NOT_FOUND"],
  ["/v1/stock/ID", "STOCK_NOT_FOUND"],
  ["/v1/promotions/ID", "PROMOTION_NOT_FOUND"],
  ["/v1/promotions/ID/coupons", "PROMOTION_NOT_FOUND"],
  ["/v1/taxRates/ID", "TAX_RATE_NOT_FOUND"],
  ["/v1/webhookEndpoints/ID", "ENDPOINT_NOT_FOUND"],
  ["/v1/webhookDeliveries/ID", "DELIVERY_NOT_FOUND"],
];
const unknown: Row[] = [
  ...lookUps.flatMap(([path, notFound]) =>
    ids.map(
      ([what, segment, reason]): Row => [
        `${path}: ${what}`,
        () => as.staff("GET", path.replace("ID", segment)),
        reason === "NOT_FOUND" ? [404, notFound] : invalid,
      ],
    ),
  ),
  ["a cart without a token", () => as.nobody("GET", "/v1/carts/none"), [401, "UNAUTHENTICATED"]],
  ["an empty cart id", () => as.staff("GET", "/v1/carts//items"), [404, "ROUTE_NOT_FOUND"]],
  ["an unknown SKU", () => add("NOTHING"), [404, "SKU_NOT_FOUND"]],
  ["a SKU of spaces", () => add(" "), [404, "SKU_NOT_FOUND"]],
  ["a SKU in other letters", () => add("bad"), [404, "SKU_NOT_FOUND"]],
  [
    "an unknown cart ordered",
    () => as.customer("POST", "/v1/orders", { cartId: "cart_none" }),
    [404, "CART_NOT_FOUND"],
  ],
  [
    "an unknown rate",
    () => as.customer("POST", `/v1/orders/${victim.orderId}:setShippingMethod`, { shippingMethodId: "none" }),
    [400, "SHIPPING_METHOD_NOT_FOUND"],
  ],
  [
    "an unknown coupon",
    () =>
      withHeaders(jsonCall("POST", `/v1/carts/${victim.buyer.cartId}/coupons`, { code: "NONE" }), {
        "rowlock-token": victim.buyer.token,
      }),
    [404, "COUPON_NOT_FOUND"],
  ],
  [
    "an unknown coupon disabled",
    () => as.staff("POST", "/v1/coupons/none:disable", {}),
    [404, "COUPON_NOT_FOUND"],
  ],
  [
    "coupons of an unknown promotion",
    () => as.staff("POST", "/v1/promotions/none/coupons", { count: 1 }),
    [404, "PROMOTION_NOT_FOUND"],
  ],
  [
    "an unknown product changed",
    () => as.staff("PATCH", "/v1/products/none", { title: "x" }),
    [404, "PRODUCT_NOT_FOUND"],
  ],
  [
    "an unknown product archived",
    () => as.staff("POST", "/v1/products/none:archive", {}),
    [404, "PRODUCT_NOT_FOUND"],
  ],
  [
    "an unknown payment refunded",
    () => as.staff("POST", "/v1/payments/none:refund", {}),
    [404, "PAYMENT_NOT_FOUND"],
  ],
  [
    "an unknown shipment",
    () => as.staff("POST", "/v1/shipments/none:buyLabel", {}),
    [404, "SHIPMENT_NOT_FOUND"],
  ],
  [
    "an unknown shipment's label voided",
    () => as.staff("POST", "/v1/shipments/none:voidLabel", {}),
    [404, "SHIPMENT_NOT_FOUND"],
  ],
  [
    "an unknown shipment sent back",
    () => as.staff("POST", "/v1/shipments/none:createReturn", {}),
    [404, "SHIPMENT_NOT_FOUND"],
  ],
  [
    "an unknown shipment marked as shipped",
    () => as.staff("POST", "/v1/shipments/none:markShipped", {}),
    [404, "SHIPMENT_NOT_FOUND"],
  ],
  [
    "an unknown shipment split",
    () => as.staff("POST", "/v1/shipments/none:split", { items: [{ sku: "BAD", quantity: 1 }] }),
    [404, "SHIPMENT_NOT_FOUND"],
  ],
  [
    "an unknown flat rate changed",
    () => as.staff("PATCH", "/v1/flatRates/none", { title: "x" }),
    [404, "FLAT_RATE_NOT_FOUND"],
  ],
  [
    "an unknown bank transaction assigned",
    () => as.staff("POST", "/v1/bankTransactions/none:assign", { paymentId: "none" }),
    [404, "BANK_TRANSACTION_NOT_FOUND"],
  ],
  [
    "an unknown bank transaction dismissed",
    () => as.staff("POST", "/v1/bankTransactions/none:dismiss", {}),
    [404, "BANK_TRANSACTION_NOT_FOUND"],
  ],
  [
    "a bank transaction of an unknown payment",
    () => as.staff("POST", `/v1/bankTransactions/${bankTransactionId}:assign`, { paymentId: "none" }),
    [404, "PAYMENT_NOT_FOUND"],
  ],
  [
    "an unknown message resent",
    () => as.staff("POST", "/v1/messages/none:resend", {}),
    [404, "MESSAGE_NOT_FOUND"],
  ],
  [
    "an unknown template's language",
    () => as.staff("PUT", "/v1/templates/order.shipped/none-such-language-there-is", { override: {} }),
    [400, "LANGUAGE_INVALID"],
  ],
  [
    "a token of no notice",
    () => as.nobody("GET", "/v1/unsubscribe/none"),
    [404, "UNSUBSCRIBE_TOKEN_INVALID"],
  ],
  [
    "a token of no notice, unsubscribed with",
    () => as.nobody("POST", "/v1/unsubscribe/none", {}),
    [404, "UNSUBSCRIBE_TOKEN_INVALID"],
  ],
  [
    "an unknown category",
    () =>
      as.staff("POST", "/v1/products", {
        title: "A product",
        categoryIds: ["nope"],
        variants: [{ sku: "NEW", prices: [{ currencyCode: "USD", amount: 100 }] }],
      }),
    [404, "CATEGORY_NOT_FOUND"],
  ],
  ["an unknown path", () => as.nobody("GET", "/v1/nothing"), [404, "ROUTE_NOT_FOUND"]],
  ["a path of another version", () => as.nobody("GET", "/v2/products"), [404, "ROUTE_NOT_FOUND"]],
  ["an unknown verb", () => as.nobody("POST", "/v1/stock:steal", {}), [404, "ROUTE_NOT_FOUND"]],
];

const wrongMethods: Row[] = [
  ["PATCH of a list", () => as.nobody("PATCH", "/v1/carts", {}), [405, "METHOD_NOT_ALLOWED"]],
  ["DELETE of a product", () => as.staff("DELETE", "/v1/products/x"), [405, "METHOD_NOT_ALLOWED"]],
  ["GET of a verb", () => as.staff("GET", "/v1/stock/BAD:set"), [404, "STOCK_NOT_FOUND"]], // it is data there
  ["a method of WebDAV", () => as.nobody("PROPFIND", "/v1/carts"), [405, "METHOD_NOT_ALLOWED"]],
];

const pages: Row[] = [
  ["a negative page", () => as.nobody("GET", "/v1/products?pageSize=-1"), invalid],
  ["half a page", () => as.nobody("GET", "/v1/products?pageSize=1.5"), invalid],
  ["a page past int32", () => as.nobody("GET", "/v1/products?pageSize=99999999999"), invalid],
  ["a page of words", () => as.nobody("GET", "/v1/products?pageSize=ten"), invalid],
  ["a negative page of orders", () => as.staff("GET", "/v1/orders?pageSize=-1"), invalid],
  ["a garbled token", () => as.nobody("GET", "/v1/products?pageToken=garbage"), [400, "PAGE_TOKEN_INVALID"]],
  ["a token of NULs", () => as.nobody("GET", "/v1/products?pageToken=%00"), invalid],
  ["a token too long", () => as.nobody("GET", `/v1/products?pageToken=${long}`), invalid],
  [
    "a token of other filters",
    () => as.nobody("GET", `/v1/products?query=a&pageToken=${pageTokens.get("/v1/products")}`),
    [400, "PAGE_TOKEN_INVALID"],
  ],
  ["a price range upside down", () => as.nobody("GET", "/v1/products?minPrice=9&maxPrice=1"), invalid],
];

testRefusals("id", unknown, () => victim);
testRefusals("method", wrongMethods, () => victim);
testRefusals("page", pages, () => victim);

test("a wrong method is told the right ones", async () => {
  const answer = await callRaw(victim.shop.httpUrl, as.nobody("PATCH", "/v1/carts", {}));
  expect(answer.headers.get("allow")).toBe("OPTIONS, POST");
});

describe("page tokens", () => {
  const refusal = async (list: string, token: string) => {
    const path = `${pathOf(list)}?pageSize=1&pageToken=${encodeURIComponent(token)}`;
    const answer = await callRaw(victim.shop.httpUrl, as.staff("GET", path));
    return [answer.status, infoIn(answer)?.reason];
  };

  test("every list has some", () => {
    expect(lists.length).toBeGreaterThan(7);
  });

  test.each(lists)("of %s opens no other list", async (list) => {
    const token = pageTokens.get(list) ?? "";
    for (const other of lists.filter((each) => each !== list)) {
      expect([other, ...(await refusal(other, token))]).toEqual([other, 400, "PAGE_TOKEN_INVALID"]);
    }
  });

  // Tokens are not signed: whatever is put into one must not reach Postgres as what it cannot read.
  test.each(lists)("of %s, forged, is refused or is the start of a page", async (list) => {
    const real = JSON.parse(Buffer.from(pageTokens.get(list) ?? "", "base64url").toString()) as unknown[];
    for (const i of real.keys()) {
      for (const forged of ["\0", "x", "", -1, 0.5, 1e21, 9e15, 1e308, null, {}, [1], true]) {
        const token = Buffer.from(JSON.stringify(real.with(i, forged))).toString("base64url");
        const [status, reason] = await refusal(list, token);
        expect([list, forged, status, reason]).toBeOneOf([
          [list, forged, 400, "PAGE_TOKEN_INVALID"],
          [list, forged, 200, undefined],
        ]);
      }
    }
  });
});

/** From here on no webhook is tried again. */
async function stopTelling({ shop: { rest, staff } }: Victim): Promise<void> {
  const { endpoints } = (await rest("GET", "/v1/webhookEndpoints", { staff })).body;
  for (const { id } of endpoints as { id: string }[]) {
    const body = { disabled: true };
    expect((await rest("PATCH", `/v1/webhookEndpoints/${id}`, { staff, body })).status).toBe(200);
  }
}

/** Makes at least two of everything that is listed. */
async function fillLists({ shop, customer, orderId }: Victim): Promise<void> {
  const { rest, staff, httpUrl } = shop;
  await makeEndpoint({ rest, staff });
  const { buyer, order } = await newOrder(rest, ["BAD"]);
  for (let attempt = 0; attempt < 2; attempt++) {
    const declined = await buyer.payByCard(order.body.id, "pm_card_chargeDeclined");
    expect(infoIn(declined)).toMatchObject({ reason: "PAYMENT_DECLINED" });
  }
  for (const event of ["track_updated", "batch_created"]) {
    const told = await rest("POST", "/v1/webhooks/shippo?token=sandbox", { body: { event, data: {} } });
    expect(told.status).toBe(200);
  }
  const made = [
    await customer.chooseCheapest(await customer.get(orderId)),
    await customer.payByTransfer(orderId, "BCA_VA"),
    await buyer.payByTransfer(order.body.id, "BCA_VA"),
  ];
  const promotion = {
    ...{ title: "A cent", automatic: true, target: { skus: ["BAD-2"] } },
    amountOff: { amounts: [{ currencyCode: "USD", amount: 1 }] },
  };
  made.push(await rest("POST", "/v1/promotions", { staff, body: promotion }));
  for (const sku of ["BAD", "BAD-2"]) {
    made.push(await rest("POST", `/v1/stock/${sku}:setThreshold`, { staff, body: { threshold: 1_000 } }));
  }
  variables["promotion_id"] = (await newCoupon({ rest, staff })).promotionId;
  const coupons = `/v1/promotions/${variables["promotion_id"]}/coupons`;
  made.push(await rest("POST", coupons, { staff, body: { count: 1 } }));
  const imported = await rest("POST", "/v1/payments:importStatement", { staff, body: statement(2) });
  made.push(imported);
  bankTransactionId = imported.body.rows[0].transaction.id;
  await strand(shop, orderId);
  await dispute(shop, (await rest("GET", "/v1/payments", { staff })).body.payments[0].id);
  for (const i of [1, 2]) {
    await newTaxRate({ rest, staff });
    await newFlatRate({ rest, staff });
    await newSuppression({ rest, staff });
    await newOrder(rest, ["BAD-2"]);
    const email = { to: "ada@example.com", subject: "Hello", text: `Hello ${i}` };
    made.push(await rest("POST", "/v1/messages:sendEmail", { staff, body: email }));
    const key = { name: `Key ${i}`, role: "ROLE_VIEWER" };
    made.push(await rest("POST", "/v1/apiKeys", { staff, body: key }));
    made.push(await signUp(newVisitor(httpUrl), `bad-${i}@example.com`));
    made.push(await rest("POST", "/v1/categories", { staff, body: { id: `cat-${i}`, title: "Some" } }));
  }
  expect(made.map(({ status }) => status)).toEqual(Array(made.length).fill(200));
}

/** Two problems of an order, as jobs leave them that have failed for half a minute. */
async function strand({ databaseUrl }: Victim["shop"], orderId: string): Promise<void> {
  await asSuperuser(databaseUrl, (client) =>
    client.query(
      `insert into "order".problem (id, job_id, order_id, queue, data, message, attempts, given_up)
       select 'prb_' || n, 'job-' || n, $1, 'order.tell', jsonb_build_object('orderId', $1::text), 'no answer', 5, false
       from generate_series(1, 2) as n`,
      [orderId],
    ),
  );
}

/** Two disputes of a payment. Their true course would go on, with its order, while the tests look. */
async function dispute({ databaseUrl }: Victim["shop"], paymentId: string): Promise<void> {
  await asSuperuser(databaseUrl, (client) =>
    client.query(
      `insert into payment.dispute
         (id, payment_id, provider_id, currency_code, amount, withdrawn, reason, status, look, create_time)
       select 'dsp_' || n, $1, 'dp_' || n, 'USD', 100, 100, 'fraudulent', 'NEEDS_RESPONSE', n, now()
       from generate_series(1, 2) as n`,
      [paymentId],
    ),
  );
}
