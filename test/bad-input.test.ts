import { afterAll, beforeAll } from "vitest";
import { newToken } from "../lib/ids/ids.ts";
import { type Buyer, delivery } from "./support/buyer.ts";
import type { RawCall } from "./support/raw.ts";
import {
  invalid,
  jsonCall,
  openVictim,
  type Row,
  testRefusals,
  type Victim,
  withHeaders,
} from "./support/refusals.ts";

let victim: Victim;
beforeAll(async () => {
  victim = await openVictim();
});
afterAll(() => victim?.[Symbol.asyncDispose]());

const as = {
  nobody: jsonCall,
  staff: (method: string, path: string, body?: unknown) =>
    withHeaders(jsonCall(method, path, body), { "x-api-key": victim.shop.staff }),
  guest: (who: Buyer, method: string, path: string, body?: unknown) =>
    withHeaders(jsonCall(method, path, body), { "rowlock-token": who.token }),
};

const add = (body: unknown) => as.guest(victim.buyer, "POST", `/v1/carts/${victim.buyer.cartId}/items`, body);
const place = (who: Buyer, more: object = {}) =>
  as.guest(who, "POST", "/v1/orders", { cartId: who.cartId, ...more });
const pay = (body: unknown) => as.guest(victim.customer, "POST", `/v1/orders/${victim.orderId}:pay`, body);
const deliver = (body: unknown) =>
  as.guest(victim.buyer, "PUT", `/v1/carts/${victim.buyer.cartId}/delivery`, body);
const product = (more: object = {}) => ({
  title: "A product",
  variants: [{ sku: "NEW", prices: [{ currencyCode: "USD", amount: 100 }] }],
  ...more,
});
const create = (more: object) => as.staff("POST", "/v1/products", product(more));
const long = "x".repeat(5_000);

const quantities: Row[] = [
  ["none", () => add({ sku: "BAD" }), invalid], // unset is 0
  ["zero", () => add({ sku: "BAD", quantity: 0 }), invalid],
  ["negative", () => add({ sku: "BAD", quantity: -1 }), invalid],
  ["above the limit", () => add({ sku: "BAD", quantity: 10_001 }), invalid],
  ["a fraction", () => add({ sku: "BAD", quantity: 1.5 }), invalid],
  ["a fraction in quotes", () => add({ sku: "BAD", quantity: "1.5" }), invalid],
  ["a word", () => add({ sku: "BAD", quantity: "many" }), invalid],
  ["empty text", () => add({ sku: "BAD", quantity: "" }), invalid], // Number("") would be 0
  ["hexadecimal", () => add({ sku: "BAD", quantity: "0x10" }), invalid],
  ["a boolean", () => add({ sku: "BAD", quantity: true }), invalid],
  ["a list", () => add({ sku: "BAD", quantity: [1] }), invalid],
  ["an object", () => add({ sku: "BAD", quantity: {} }), invalid],
  ["the first past int64", () => add('{"sku":"BAD","quantity":9223372036854775808}'), invalid],
  ["too large for any number", () => add('{"sku":"BAD","quantity":1e400}'), invalid],
  ["NaN, which JSON has not", () => add('{"sku":"BAD","quantity":NaN}'), invalid],
  ["more than there is", () => add({ sku: "BAD", quantity: 51 }), [409, "INSUFFICIENT_STOCK"]],
  ["more than there is, in two calls", () => add({ sku: "BAD", quantity: 50 }), [409, "INSUFFICIENT_STOCK"]],
  [
    "negative, set",
    () => as.guest(victim.buyer, "PUT", `/v1/carts/${victim.buyer.cartId}/items/BAD`, { quantity: -1 }),
    invalid,
  ],
  ["negative stock", () => as.staff("POST", "/v1/stock/BAD:set", { onHand: -1 }), invalid],
  ["more stock than anybody has", () => as.staff("POST", "/v1/stock/BAD:set", { onHand: 1e12 }), invalid],
  [
    "an adjustment by nothing",
    () => as.staff("POST", "/v1/stock/BAD:adjust", { delta: 0, reason: "x" }),
    invalid,
  ],
  [
    "an adjustment below zero",
    () => as.staff("POST", "/v1/stock/BAD:adjust", { delta: -51, reason: "x" }),
    [400, "STOCK_BELOW_RESERVED"],
  ],
  [
    "a negative price",
    () => create({ variants: [{ sku: "N", prices: [{ currencyCode: "USD", amount: -1 }] }] }),
    invalid,
  ],
];

const shapes: Row[] = [
  ["a number for a text", () => add({ sku: 5, quantity: 1 }), invalid],
  ["a list for a text", () => add({ sku: ["BAD"], quantity: 1 }), invalid],
  ["a text for a message", () => deliver({ contact: "ada@example.com" }), invalid],
  ["a list for a message", () => deliver({ ...delivery, contact: [] }), invalid],
  ["an object for a list", () => create({ tags: {} }), invalid],
  ["a list for a map", () => create({ attributes: ["a"] }), invalid],
  ["null in a list", () => create({ tags: [null] }), invalid],
  ["a list for the whole request", () => add([]), invalid],
  ["a text for the whole request", () => add('"BAD"'), invalid],
  ["null for the whole request", () => add("null"), invalid],
  ["an unknown field", () => add({ sku: "BAD", quantity: 1, colour: "red" }), invalid],
  [
    "an unknown field further in",
    () => deliver({ ...delivery, contact: { ...delivery.contact, fax: "1" } }),
    invalid,
  ],
  ["__proto__", () => add('{"sku":"BAD","quantity":1,"__proto__":{"quantity":9}}'), invalid],
  ["constructor", () => add({ sku: "BAD", quantity: 1, constructor: {} }), invalid],
  ["an unknown parameter", () => as.nobody("GET", "/v1/products?colour=red"), invalid],
  [
    "a parameter beside a body",
    () => withPath(add({ sku: "BAD", quantity: 1 }), (path) => `${path}?sku=X`),
    invalid,
  ],
  ["a parameter of the wrong type", () => as.nobody("GET", "/v1/products?archived=perhaps"), invalid],
  ["a parameter twice", () => as.nobody("GET", "/v1/products?query=a&query=b"), invalid],
  ["an unknown enum value", () => as.nobody("GET", "/v1/products?sort=CHEAPEST"), invalid],
  ["an enum's number that is none", () => as.nobody("GET", "/v1/products?sort=99"), invalid],
  ["a body that contradicts the path", () => add({ cartId: "cart_other", sku: "BAD", quantity: 1 }), invalid],
  ["a malformed time", () => create({ createTime: "yesterday" }), invalid],
  ["a time that no calendar has", () => create({ createTime: "2026-02-30T00:00:00Z" }), invalid],
  ["a mask of unknown fields", () => patch({ title: "x" }, "nope"), invalid],
  ["a mask of what only we write", () => patch({ title: "x" }, "create_time"), invalid],
  ["a malformed mask", () => patch({ title: "x" }, "title,,"), invalid],
  ["a mask below a list", () => patch({ variants: [] }, "variants.sku"), invalid],
  ["both of two choices", () => pay({ card: { paymentMethod: "pm_card_visa" }, bankTransfer: {} }), invalid],
  ["neither of two choices", () => pay({}), invalid],
  ["no e-mail address", () => deliver({ ...delivery, contact: { email: "ada" } }), invalid],
  [
    "no country",
    () => deliver({ ...delivery, shippingAddress: { ...delivery.shippingAddress, countryCode: "usa" } }),
    invalid,
  ],
  [
    "a name too long",
    () => deliver({ ...delivery, shippingAddress: { ...delivery.shippingAddress, name: long } }),
    invalid,
  ],
  [
    "too many lines",
    () => as.nobody("POST", "/v1/stock:check", { lines: Array(201).fill({ sku: "BAD", quantity: 1 }) }),
    invalid,
  ],
];
const withPath = (call: RawCall, change: (path: string) => string): RawCall => ({
  ...call,
  path: change(call.path),
});
const patch = (body: object, mask: string) =>
  as.staff("PATCH", `/v1/products/prod_none?updateMask=${encodeURIComponent(mask)}`, body);

const bodies: Row[] = [
  ["malformed: cut off", () => add('{"sku":"BAD","quantity":'), invalid],
  ["malformed: a trailing comma", () => add('{"sku":"BAD","quantity":1,}'), invalid],
  ["malformed: single quotes", () => add("{'sku':'BAD','quantity':1}"), invalid],
  ["malformed: something after it", () => add('{"sku":"BAD","quantity":1}}'), invalid],
  ["malformed: a NUL byte", () => add('{"sku":"BAD\u0000","quantity":1}'), invalid],
  ["malformed: a leading zero", () => add('{"sku":"BAD","quantity":01}'), invalid],
  [
    "malformed: not UTF-8",
    () => ({ ...add({}), body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]) }),
    invalid,
  ],
  ["a key twice", () => add('{"sku":"BAD","sku":"BAD-2","quantity":1}'), invalid],
  [
    "a field by both of its names",
    () => add('{"requestId":"a","request_id":"b","sku":"BAD","quantity":1}'),
    invalid,
  ],
  ["deep nesting", () => add(`{"sku":${"[".repeat(65)}${"]".repeat(65)}}`), invalid],
  ["nesting beyond any stack", () => add(`{"sku":${"[".repeat(400_000)}`), invalid],
  ["10 MB", () => add({ sku: "x".repeat(10_000_000), quantity: 1 }), [413, "BODY_TOO_LARGE"]],
  [
    "10 MB, of unknown length",
    () => ({ ...add({}), body: Array<Buffer>(100).fill(Buffer.alloc(100_000, " ")) }),
    [413, "BODY_TOO_LARGE"],
  ],
  ["text/plain", () => ofType("text/plain"), [415, "CONTENT_TYPE_UNSUPPORTED"]],
  ["a form", () => ofType("application/x-www-form-urlencoded"), [415, "CONTENT_TYPE_UNSUPPORTED"]],
  ["another charset", () => ofType("application/json; charset=utf-16"), [415, "CONTENT_TYPE_UNSUPPORTED"]],
  [
    "said to be compressed",
    () => withHeaders(add({ sku: "BAD", quantity: 1 }), { "content-encoding": "gzip" }),
    invalid,
  ],
  [
    "compressed in a way that nobody reads",
    () => withHeaders(add({ sku: "BAD", quantity: 1 }), { "content-encoding": "compress" }),
    [415, "CONTENT_TYPE_UNSUPPORTED"],
  ],
  [
    "an answer that nobody can give",
    () => withHeaders(as.nobody("GET", "/v1/products"), { accept: "text/html" }),
    [406, "NOT_ACCEPTABLE"],
  ],
];
const ofType = (type: string) => withHeaders(add({ sku: "BAD", quantity: 1 }), { "content-type": type });

const money: Row[] = [
  ["a cart in no currency", () => as.nobody("POST", "/v1/carts", { currencyCode: "dollars" }), invalid],
  ["a currency in small letters", () => as.nobody("POST", "/v1/carts", { currencyCode: "usd" }), invalid],
  [
    "a SKU without a price in the cart's currency",
    () => add({ sku: "EURO", quantity: 1 }),
    [400, "PRICE_MISSING"],
  ],
  [
    "two prices in one currency",
    () => create({ variants: [{ sku: "N", prices: [usd(1), usd(2)] }] }),
    invalid,
  ],
  [
    "the SKU of another product",
    () => create({ variants: [{ sku: "BAD", prices: [usd(1)] }] }),
    [409, "SKU_TAKEN"],
  ],
  ...["4242424242424242", "4242 4242 4242 4242", "pm_", "pm_card_visa'--", ""].map(
    (paymentMethod): Row => [
      `the card ${JSON.stringify(paymentMethod)}`,
      () => pay({ card: { paymentMethod } }),
      invalid,
    ],
  ),
  ["a bank in small letters", () => pay({ bankTransfer: { bank: "bca" } }), invalid],
  [
    "a short key for an anonymous cart",
    () => withHeaders(as.nobody("POST", "/v1/carts", {}), { "idempotency-key": "1" }),
    invalid,
  ],
  [
    "a key too long",
    () => withHeaders(add({ sku: "BAD", quantity: 1 }), { "idempotency-key": "k".repeat(256) }),
    invalid,
  ],
  [
    "two keys",
    () => withHeaders(add({ sku: "BAD", quantity: 1, requestId: "a" }), { "idempotency-key": "b" }),
    invalid,
  ],
  [
    "a deadline of less than nothing",
    () => withHeaders(as.nobody("GET", "/v1/products"), { "request-timeout": "-1" }),
    invalid,
  ],
];
const usd = (amount: number) => ({ currencyCode: "USD", amount });

const credentials: Row[] = [
  ["none for a cart", () => as.nobody("GET", `/v1/carts/${victim.buyer.cartId}`), [401, "UNAUTHENTICATED"]],
  ["none for staff's", () => as.nobody("GET", "/v1/orders"), [401, "UNAUTHENTICATED"]],
  [
    "a wrong staff key",
    () => withHeaders(as.nobody("GET", "/v1/orders"), { "x-api-key": "x" }),
    [401, "INVALID_CREDENTIALS"],
  ],
  [
    "another scheme",
    () => withHeaders(as.nobody("GET", "/v1/orders"), { authorization: "Basic YTpi" }),
    [401, "INVALID_CREDENTIALS"],
  ],
  ["a buyer's for staff's", () => as.guest(victim.buyer, "GET", "/v1/orders"), [403, "PERMISSION_DENIED"]],
  [
    "another buyer's",
    () => as.guest(victim.empty, "GET", `/v1/carts/${victim.buyer.cartId}`),
    [403, "NOT_OWNER"],
  ],
  [
    "of nothing",
    () => withHeaders(add({ sku: "BAD", quantity: 1 }), { "rowlock-token": newToken() }),
    [403, "NOT_OWNER"],
  ],
  [
    "of letters that no metadata has",
    () => withHeaders(add({ sku: "BAD", quantity: 1 }), { "rowlock-token": "caf\u00e9" }),
    invalid,
  ],
];

/** What is refused on the way leaves an attempt or a newer version behind, but nothing that a buyer or the shop sees. */
const undone: Row[] = [
  [
    "a total in another currency",
    () => place(victim.buyer, { expectedItemTotal: { currencyCode: "EUR", amount: 1000 } }),
    [409, "TOTAL_CHANGED"],
  ],
  [
    "a total that is not right",
    () => place(victim.buyer, { expectedItemTotal: { currencyCode: "USD", amount: 999 } }),
    [409, "TOTAL_CHANGED"],
  ],
  ["an empty cart", () => place(victim.empty), [400, "CART_EMPTY"]],
  ["a cart without an address", () => place(victim.homeless), [400, "DELIVERY_MISSING"]],
  ["a cart ordered twice", () => place(victim.customer), [409, "CART_ALREADY_ORDERED"]],
  [
    "a card that nobody has",
    () => pay({ card: { paymentMethod: "pm_nobodys" } }),
    [400, "PAYMENT_METHOD_INVALID"],
  ],
];
const visible = async ({ shop, buyer, homeless, empty, customer, orderId }: Victim) => {
  const staff = { staff: shop.staff };
  const carts = [buyer, homeless, empty, customer].map(({ cartId }) =>
    shop.rest("GET", `/v1/carts/${cartId}`, staff),
  );
  const answers = await Promise.all([
    ...carts,
    shop.rest("GET", "/v1/orders", staff),
    shop.rest("GET", `/v1/orders/${orderId}`, staff),
    shop.stock("BAD"),
    shop.rest("GET", `/v1/stock/BAD/ledger`, staff),
  ]);
  const unseen = new Set(["updateTime", "expireTime", "payment"]);
  return JSON.parse(
    JSON.stringify(
      answers.map((answer) => ("body" in answer ? answer.body : answer)),
      (key, value) => (unseen.has(key) ? undefined : value),
    ),
  );
};

testRefusals("quantity", quantities, () => victim);
testRefusals("shape", shapes, () => victim);
testRefusals("body", bodies, () => victim);
testRefusals("money or key", money, () => victim);
testRefusals("credential", credentials, () => victim);
testRefusals("in a later step", undone, () => victim, visible);
