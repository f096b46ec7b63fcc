import { create, type JsonValue, toJson } from "@bufbuild/protobuf";
import type { CallOptions } from "@connectrpc/connect";
import { type HttpBody, HttpBodySchema } from "../../gen/google/api/httpbody_pb.js";
import { CustomerSchema, SavedAddressSchema } from "../../gen/rowlock/customer/v1/customer_pb.js";
import { MessageSchema } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { type Order, OrderEventSchema, OrderSchema } from "../../gen/rowlock/order/v1/order_pb.js";
import { PaymentMethodSchema, PaymentSchema } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { ShipmentSchema } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { asPrincipal } from "../../lib/rpc/index.ts";
import { toCustomer, toSavedAddress } from "./convert.ts";
import type { Profile } from "./profile.ts";
import type { CustomerDeps } from "./service.ts";
import { listAddresses } from "./store-address.ts";

/** The most that lists give at once. */
const pageSize = 200;
/** Orders whose parts are asked for at the same time. */
const atOnce = 8;

/**
 * All that the shop knows of a customer, as one JSON document: the messages of the contracts in their JSON form, orders
 * with what belongs to them, the newest first.
 */
export async function exportData(
  deps: CustomerDeps,
  profile: Profile,
  options: CallOptions,
): Promise<HttpBody> {
  const addresses = await listAddresses(deps.db, profile.id);
  // The customer's own list: in a service's name there is none.
  const own = { ...options, ...asPrincipal({ kind: "customer", id: profile.id }) };
  const { paymentMethods } = await deps.payments.listPaymentMethods({}, own);
  const orders: JsonValue[] = [];
  for await (const page of pagesOf((pageToken) => deps.orders.listOwnOrders({ pageSize, pageToken }, own))) {
    for (let from = 0; from < page.orders.length; from += atOnce) {
      const some = page.orders.slice(from, from + atOnce);
      orders.push(...(await Promise.all(some.map((order) => exportOrder(deps, order, options)))));
    }
  }
  const document = {
    customer: toJson(CustomerSchema, toCustomer(profile)),
    addresses: addresses.map((saved) => toJson(SavedAddressSchema, toSavedAddress(saved))),
    paymentMethods: paymentMethods.map((method) => toJson(PaymentMethodSchema, method)),
    orders,
  };
  const data = Buffer.from(`${JSON.stringify(document, null, 2)}\n`);
  return create(HttpBodySchema, { contentType: "application/json", data });
}

async function exportOrder(
  { orders, payments, shipping, notify }: CustomerDeps,
  order: Order,
  options: CallOptions,
): Promise<JsonValue> {
  const { id: orderId } = order;
  const of = (pageToken: string) => ({ orderId, pageSize, pageToken });
  const [{ events }, paid, shipped, told] = await Promise.all([
    orders.listOrderEvents({ orderId }, options),
    all(
      (token) => payments.listPayments(of(token), options),
      (page) => page.payments,
    ),
    all(
      (token) => shipping.listShipments(of(token), options),
      (page) => page.shipments,
    ),
    all(
      (token) => notify.listMessages(of(token), options),
      (page) => page.messages,
    ),
  ]);
  return {
    order: toJson(OrderSchema, order),
    events: events.map((event) => toJson(OrderEventSchema, event)),
    payments: paid.map((payment) => toJson(PaymentSchema, payment)),
    shipments: shipped.map((shipment) => toJson(ShipmentSchema, shipment)),
    messages: told.map((message) => toJson(MessageSchema, message)),
  };
}

/** What stands in all pages of a list. */
async function all<P extends { nextPageToken: string }, T>(
  list: (pageToken: string) => Promise<P>,
  items: (page: P) => readonly T[],
): Promise<T[]> {
  const found: T[] = [];
  for await (const page of pagesOf(list)) found.push(...items(page));
  return found;
}

/** The pages of a list, one after the other. */
async function* pagesOf<P extends { nextPageToken: string }>(
  list: (pageToken: string) => Promise<P>,
): AsyncGenerator<P> {
  for (let pageToken = ""; ; ) {
    const page = await list(pageToken);
    yield page;
    pageToken = page.nextPageToken;
    if (pageToken === "") return;
  }
}
