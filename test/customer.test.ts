import { afterAll, beforeAll, expect, test } from "vitest";
import { asSuperuser } from "../lib/testing/postgres.ts";
import { waitFor } from "../lib/testing/wait-for.ts";
import { newVisitor, type Seen, signUp, type Visitor } from "./auth/visitor.ts";
import { openShop, type TestShop } from "./support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop({ ROWLOCK_SIGN_IN_RATE_LIMIT: "0" });
  await shop.sell("LAMP");
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const address = {
  name: "Grace Hopper",
  line1: "7 Compiler Crescent",
  city: "Portland",
  state: "OR",
  postalCode: "97201",
  countryCode: "US",
};
const phone = "+14155550199";

type Send = Visitor["send"];

/** How a customer who has just signed up calls. */
async function customer(email: string): Promise<Send> {
  const visitor = newVisitor(shop.httpUrl);
  expect((await signUp(visitor, email)).status).toBe(200);
  return (...call) => visitor.send(...call);
}

async function must(call: Promise<Seen>): Promise<Seen["body"]> {
  const { status, body } = await call;
  expect([status, body]).toEqual([200, body]);
  return body;
}

/** An order of a lamp that waits for its payment. */
async function order(send: Send, email: string): Promise<string> {
  const { id: cartId } = await must(send("POST", "/v1/carts", { body: {} }));
  await must(send("POST", `/v1/carts/${cartId}/items`, { body: { sku: "LAMP", quantity: 1 } }));
  const delivery = { contact: { email, phone }, shippingAddress: address };
  await must(send("PUT", `/v1/carts/${cartId}/delivery`, { body: delivery }));
  const placed = await must(
    send("POST", "/v1/orders", { body: { cartId }, headers: { "idempotency-key": cartId } }),
  );
  const [method] = placed.shippingMethods;
  const body = { shippingMethodId: method.id };
  await must(send("POST", `/v1/orders/${placed.id}:setShippingMethod`, { body }));
  return placed.id;
}

const pay = (send: Send, orderId: string) =>
  must(send("POST", `/v1/orders/${orderId}:pay`, { body: { card: { paymentMethod: "pm_card_visa" } } }));

const reasonOf = ({ body }: Seen) => body.error?.details?.[0];

/** The tables of the whole database in which one of the texts stands, as text or in bytes. */
async function tablesWith(...texts: string[]): Promise<string[]> {
  return asSuperuser(shop.databaseUrl, async (client) => {
    const { rows: tables } = await client.query<{ name: string }>(`
      select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema') order by 1`);
    const patterns = texts.flatMap((text) => [text, Buffer.from(text).toString("hex")]);
    const found: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query(
        `select 1 from ${name} t where exists (
           select from unnest($1::text[]) as pattern where position(pattern in t::text) > 0) limit 1`,
        [patterns],
      );
      if (rows.length > 0) found.push(name);
    }
    return found;
  });
}

test("a customer keeps a profile and addresses, orders, takes all data along, and is forgotten", {
  timeout: 60_000,
}, async () => {
  const email = "grace.hopper@example.com";
  const send = await customer(email);
  const profile = await must(send("GET", "/v1/customer"));
  const { id } = profile;
  expect(profile).toMatchObject({ id: expect.stringMatching(/^cus_/), email, name: "Somebody" });
  const changed = await must(
    send("PATCH", "/v1/customer", { body: { name: "Grace", phone, etag: profile.etag } }),
  );
  expect(changed).toMatchObject({ name: "Grace", phone, email });
  const saved = await must(send("POST", "/v1/customer/addresses", { body: { address, label: "Home" } }));
  expect(saved).toMatchObject({ label: "Home", default: true, address });
  expect(await must(send("GET", "/v1/customer/addresses"))).toEqual({ addresses: [saved] });

  const orderId = await order(send, email);
  const refused = await send("POST", "/v1/customer:erase", { body: {} });
  expect([refused.status, reasonOf(refused)]).toMatchObject([
    400,
    { reason: "ORDERS_OPEN", metadata: { order_id: orderId } },
  ]);
  await pay(send, orderId);
  await waitFor(async () => (await must(send("GET", `/v1/orders/${orderId}`))).state === "STATE_FULFILLED");
  // Until then webhooks come in that name the recipients.
  const sent = async () => (await shop.rest("GET", "/v1/messages", { staff: shop.staff })).body.messages;
  await waitFor(
    async () => {
      const states = (await sent()).map(({ state }: { state: string }) => state);
      return states.length === 3 && states.every((state: string) => state === "STATE_DELIVERED");
    },
    { what: "the e-mails of account and order, and the text", timeoutMs: 20_000 },
  );

  const exported = await send("GET", "/v1/customer:export");
  expect(exported.headers.get("content-type")).toBe("application/json");
  expect(exported.body).toMatchObject({
    customer: { id, email, name: "Grace" },
    addresses: [{ label: "Home", address }],
    orders: [
      {
        order: { id: orderId, contact: { email, phone }, shippingAddress: address },
        payments: [{ orderId, state: "STATE_CAPTURED" }],
        shipments: [{ orderId, address }],
      },
    ],
  });
  const [{ events, messages }] = exported.body.orders;
  expect(events.map(({ kind }: { kind: string }) => kind)).toEqual(
    expect.arrayContaining(["placed", "paid", "fulfilled"]),
  );
  expect(messages.map(({ to }: { to: string }) => to).toSorted()).toEqual([phone, email].toSorted());
  const byStaff = await shop.rest("GET", `/v1/customers/${id}:export`, { staff: shop.staff });
  expect(byStaff.body).toEqual(exported.body);

  // Left over in a cart, too.
  const { id: cartId } = await must(send("POST", "/v1/carts", { body: {} }));
  await must(
    send("PUT", `/v1/carts/${cartId}/delivery`, {
      body: { contact: { email, phone }, shippingAddress: address },
    }),
  );
  const personal = [email, address.name, address.line1, phone];
  expect(await tablesWith(...personal)).toEqual(
    expect.arrayContaining([
      "auth.customer",
      "cart.cart",
      "customer.address",
      "customer.profile",
      "notify.message",
      '"order".orders',
      "payment.payment",
      "shipping.shipment",
    ]),
  );

  const erasure = await must(send("POST", "/v1/customer:erase", { body: {} }));
  expect(erasure).toMatchObject({ customerId: id, requestTime: expect.any(String) });
  const erase = () => shop.rest("POST", `/v1/customers/${id}:erase`, { staff: shop.staff, body: {} });
  await waitFor(async () => Boolean((await erase()).body.completeTime));
  expect(await tablesWith(...personal)).toEqual([]);

  expect((await send("GET", "/v1/customer")).status).toBe(401);
  const again = await send("POST", "/v1/auth/sign-in/email", { body: { email, password: "correct horse" } });
  expect(again.status).toBe(401);
  const left = await shop.rest("GET", `/v1/orders/${orderId}`, { staff: shop.staff });
  expect(left.body).toMatchObject({
    state: "STATE_FULFILLED",
    contact: { email: "", phone: "" },
    shippingAddress: { name: "", line1: "", city: "", state: "OR", countryCode: "US" },
    lines: [{ sku: "LAMP" }],
  });
  expect((await shop.rest("GET", `/v1/customers/${id}`, { staff: shop.staff })).status).toBe(404);
});

test("what was not told of an account is told at the next sign-in", async () => {
  const email = "ada.again@example.com";
  const send = await customer(email);
  const profile = await must(send("GET", "/v1/customer"));
  // As when Customer was away at the sign-up.
  await asSuperuser(shop.databaseUrl, (client) =>
    client.query("delete from customer.profile where id = $1", [profile.id]),
  );
  expect((await must(send("GET", "/v1/customer"))).email).toBe("");
  const body = { email, password: "correct horse" };
  await must(newVisitor(shop.httpUrl).send("POST", "/v1/auth/sign-in/email", { body }));
  expect(await must(send("GET", "/v1/customer"))).toMatchObject({
    id: profile.id,
    email,
    name: "Somebody",
    createTime: profile.createTime,
  });
});
