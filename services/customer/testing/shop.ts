import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type CallOptions, type Client, createClient } from "@connectrpc/connect";
import { DeleteAccountResponseSchema } from "../../../gen/rowlock/auth/v1/auth_pb.js";
import { EraseCartsResponseSchema } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { CustomerService } from "../../../gen/rowlock/customer/v1/customer_pb.js";
import { EraseStockNoticesResponseSchema } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import {
  EraseMessagesResponseSchema,
  ListMessagesResponseSchema,
} from "../../../gen/rowlock/notify/v1/notify_pb.js";
import {
  EraseOrdersResponseSchema,
  ListOrderEventsResponseSchema,
  ListOrdersResponseSchema,
  Order_State,
} from "../../../gen/rowlock/order/v1/order_pb.js";
import {
  ErasePaymentsResponseSchema,
  ListPaymentMethodsResponseSchema,
  ListPaymentsResponseSchema,
} from "../../../gen/rowlock/payment/v1/payment_pb.js";
import {
  EraseShipmentsResponseSchema,
  ListShipmentsResponseSchema,
} from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { EraseEventsResponseSchema } from "../../../gen/rowlock/webhook/v1/webhook_pb.js";
import type { Db } from "../../../lib/db/index.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { asPrincipal, createDirectTransport } from "../../../lib/rpc/index.ts";
import { outgoingPrincipalKey } from "../../../lib/rpc/principal.ts";
import { as, testInterceptors } from "../../../lib/rpc/testing/interceptors.ts";
import { testDatabase } from "../../../lib/testing/postgres.ts";
import { type EraseJob, eraseCustomerData } from "../erase.ts";
import { customerSchema } from "../migrations/index.ts";
import { fail } from "../reasons.ts";
import { type CustomerDeps, createCustomerService } from "../service.ts";

/** An order as the fake neighbours know it; each has one event, payment, shipment and message. */
export interface FakeOrder {
  id: string;
  owner: string;
  state: Order_State;
}

/** A customer service on a database of its own, between fake neighbours. */
export interface TestCustomers {
  readonly db: Db;
  readonly client: Client<typeof CustomerService>;
  readonly deps: CustomerDeps;
  /** Every statement sent so far. */
  readonly statements: string[];
  readonly orders: FakeOrder[];
  /** The steps of erasures that neighbours have done, with what they were given. */
  readonly erased: string[];
  /** The neighbours' calls that fail, by name. */
  readonly broken: Set<string>;
  /** How many items a neighbour's list gives at once. */
  listed: number;
  /** Jobs whose transactions were committed and that are not done yet. */
  readonly jobs: { data: EraseJob; key: string | undefined; startAfter: number }[];
  /** Runs the jobs that wait, those of later too; those that fail wait on. */
  work(): Promise<void>;
  /** Moves the clock, which stands still otherwise. */
  advance(ms: number): void;
  /** A new customer: the account's id, and calls in its name. */
  signedIn(): { id: string; caller: ReturnType<typeof asPrincipal> };
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openTestCustomers(): Promise<TestCustomers> {
  const statements: string[] = [];
  const database = await testDatabase(customerSchema, { onStatement: (text) => statements.push(text) });
  let now = Date.parse("2026-01-31T12:00:00Z");
  const orders: FakeOrder[] = [];
  const erased: string[] = [];
  const broken = new Set<string>();
  const jobs: TestCustomers["jobs"] = [];
  const keys = new Set<string>();

  const serve = (name: string, given = "") => {
    if (broken.has(name)) throw new Error(`${name} is away`);
    if (name.startsWith("erase") || name.startsWith("delete")) erased.push(`${name} ${given}`);
  };
  /** A page of a list, its tokens plain numbers. */
  const pageOf = <T>(all: readonly T[], token = "") => {
    const from = Number(token);
    const next = from + shop.listed;
    return { items: all.slice(from, next), nextPageToken: next < all.length ? String(next) : "" };
  };
  const callerOf = (options?: CallOptions) => options?.contextValues?.get(outgoingPrincipalKey);

  const deps: CustomerDeps = {
    db: database.db,
    clock: () => new Date(now),
    jobs: {
      enqueue: async (tx, _queue, data, { singletonKey: key, startAfter } = {}) => {
        // Fails when the transaction does not let the job in.
        await tx.run({ text: "select 1", values: [], name: undefined });
        if (key !== undefined && keys.has(key)) return undefined;
        tx.afterCommit(() => {
          if (key !== undefined) keys.add(key);
          jobs.push({ data: data as object as EraseJob, key, startAfter: Number(startAfter ?? 0) });
        });
        return "job";
      },
    },
    accounts: {
      deleteAccount: async ({ customerId }) => {
        serve("deleteAccount", customerId);
        return create(DeleteAccountResponseSchema);
      },
    },
    carts: {
      eraseCarts: async ({ customerId }) => {
        serve("eraseCarts", customerId);
        return create(EraseCartsResponseSchema);
      },
    },
    orders: {
      listOwnOrders: async ({ state, pageToken }, options) => {
        serve("listOwnOrders");
        const caller = callerOf(options);
        if (caller?.kind !== "customer") throw new Error("a list of nobody's orders");
        const own = orders.filter((each) => each.owner === caller.id && (!state || each.state === state));
        const { items, nextPageToken } = pageOf(own, pageToken);
        return create(ListOrdersResponseSchema, {
          orders: items.map(({ id, state: present }) => ({ id, state: present })),
          nextPageToken,
        });
      },
      listOrderEvents: async ({ orderId = "" }) => {
        serve("listOrderEvents");
        return create(ListOrderEventsResponseSchema, { events: [{ kind: `placed ${orderId}` }] });
      },
      eraseOrders: async ({ customerId }) => {
        const own = orders.filter(({ owner }) => owner === customerId);
        const open = own.find(
          ({ state }) => state === Order_State.PENDING_PAYMENT || state === Order_State.PAID,
        );
        if (open !== undefined) throw fail("ORDERS_OPEN", { order_id: open.id });
        serve("eraseOrders", customerId);
        return create(EraseOrdersResponseSchema, { orderIds: own.map(({ id }) => id) });
      },
    },
    payments: {
      listPayments: async ({ orderId = "", pageToken }) => {
        serve("listPayments");
        const { items, nextPageToken } = pageOf([1, 2, 3], pageToken);
        const payments = items.map((n) => ({
          id: `pay_${n}`,
          orderId,
          amount: { currencyCode: "USD", amount: 1n },
        }));
        return create(ListPaymentsResponseSchema, { payments, nextPageToken });
      },
      listPaymentMethods: async (_, options) => {
        serve("listPaymentMethods");
        const caller = callerOf(options);
        if (caller?.kind !== "customer") throw new Error("the cards of nobody");
        return create(ListPaymentMethodsResponseSchema, { paymentMethods: [{ id: `pmt_${caller.id}` }] });
      },
      erasePayments: async ({ orderIds = [], customerId = "" }) => {
        serve("erasePayments", orderIds.join() || customerId);
        return create(ErasePaymentsResponseSchema);
      },
    },
    shipping: {
      listShipments: async ({ orderId = "" }) => {
        serve("listShipments");
        return create(ListShipmentsResponseSchema, { shipments: [{ id: "shp_1", orderId }] });
      },
      eraseShipments: async ({ orderIds }) => {
        serve("eraseShipments", orderIds?.join());
        return create(EraseShipmentsResponseSchema);
      },
    },
    inventory: {
      eraseStockNotices: async ({ emails = [] }) => {
        serve("eraseStockNotices", emails.join());
        return create(EraseStockNoticesResponseSchema);
      },
    },
    webhooks: {
      eraseEvents: async ({ orderIds = [] }) => {
        serve("eraseEvents", orderIds.join());
        return create(EraseEventsResponseSchema);
      },
    },
    notify: {
      listMessages: async ({ orderId = "" }) => {
        serve("listMessages");
        return create(ListMessagesResponseSchema, { messages: [{ id: "msg_1", orderId }] });
      },
      eraseMessages: async ({ orderIds = [], recipients = [] }) => {
        serve("eraseMessages", [...orderIds, ...recipients].join());
        return create(EraseMessagesResponseSchema);
      },
    },
  };
  const { services } = createCustomerService(deps);
  const transport = createDirectTransport({ services, interceptors: testInterceptors });
  const shop: TestCustomers = {
    db: database.db,
    client: createClient(CustomerService, transport),
    deps,
    statements,
    orders,
    erased,
    broken,
    listed: 200,
    jobs,
    work: async () => {
      for (const job of jobs.splice(0)) {
        await eraseCustomerData(deps, job.data).catch(() => jobs.push(job));
      }
    },
    advance: (ms) => {
      now += ms;
    },
    signedIn: () => {
      const id = newId("cus");
      return { id, caller: asPrincipal({ kind: "customer", id }) };
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
  return shop;
}

/** The caller that tells of accounts. */
export const gateway = as.service("gateway");

/** A postal address, in a street of its own. */
export function addressAt(line1: string) {
  return {
    name: "Ada Lovelace",
    line1,
    line2: "",
    city: "San Francisco",
    state: "CA",
    postalCode: "94103",
    countryCode: "US",
  };
}

/** What an account says, of nobody in particular. */
export function accountOf(
  id: string,
  more: Omit<MessageInitShape<typeof CustomerService.method.recordAccount.input>, "$typeName"> = {},
) {
  return { customerId: id, email: `${id}@example.com`, ...more };
}
