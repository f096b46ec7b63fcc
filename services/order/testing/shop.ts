import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { pino } from "pino";
import {
  type Order,
  Order_State,
  OrderService,
  type PlaceOrderRequestSchema,
} from "../../../gen/rowlock/order/v1/order_pb.js";
import { sql } from "../../../lib/db/index.ts";
import { sha256Hex } from "../../../lib/ids/ids.ts";
import { createDirectTransport } from "../../../lib/rpc/index.ts";
import { as, testInterceptors } from "../../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../../lib/testing/postgres.ts";
import { telling, type WatchSettings } from "../../../lib/watch/index.ts";
import { fulfillOrder } from "../fulfill.ts";
import { instructBuyer } from "../instruct.ts";
import {
  fulfillQueue,
  instructQueue,
  refundQueue,
  type TellJob,
  tellQueue,
  undoCheckoutQueue,
  undoQueue,
} from "../jobs.ts";
import { orderSchema } from "../migrations/index.ts";
import { finishRefund } from "../refund-part.ts";
import { createOrderService, type OrderDeps } from "../service.ts";
import { sweepOrders } from "../sweep.ts";
import { tellNews } from "../tell-news.ts";
import { undoOrder } from "../undo.ts";
import { undoCheckout } from "../undo-checkout.ts";
import { type FakeCart, FakeCarts } from "./fake-carts.ts";
import { FakeInventory } from "./fake-inventory.ts";
import { FakePayments } from "./fake-payments.ts";
import { FakePromotions } from "./fake-promotions.ts";
import { FakeNotify, FakeShipping } from "./fake-shipping.ts";
import { FakeTaxes } from "./fake-taxes.ts";
import { Wire } from "./wire.ts";

/** What the jobs of an order carry, each some of it. */
interface AnyJob {
  orderId: string;
  paymentId?: string;
  cartId?: string;
  refundId?: string;
}

const minute = 60_000;
/** How long goods are held in these tests. */
export const holds = { unpaidMs: 15 * minute, transferMs: 24 * 60 * minute, transferSlackMs: 60 * minute };

export const contact = { email: "ada@example.com", phone: "" };
export const address = {
  name: "Ada Lovelace",
  line1: "965 Mission St",
  line2: "",
  city: "San Francisco",
  state: "CA",
  postalCode: "94103",
  countryCode: "US",
};

/** The token of a cart's buyer. */
export const tokenOf = (cartId: string) => `token of ${cartId}`;
/** Calls in the name of a cart's buyer. */
export const buyerOf = (cartId: string) => as.guest(tokenOf(cartId));

/** An Order on a database of its own, between fake neighbours. */
export class TestOrders {
  readonly wire = new Wire();
  readonly statements: string[] = [];
  /** Jobs whose transactions were committed and that are not done yet. */
  readonly jobs: { queue: string; data: AnyJob }[] = [];
  readonly carts: FakeCarts;
  readonly inventory: FakeInventory;
  readonly payments: FakePayments;
  readonly promotions: FakePromotions;
  readonly taxes: FakeTaxes;
  readonly shipping: FakeShipping;
  readonly notify: FakeNotify;
  readonly deps: OrderDeps;
  readonly client: Client<typeof OrderService>;
  readonly #database: TestDatabase;
  #ahead = 0;
  #carts = 0;

  /** With a feed, which changes are told to. */
  static async open(watching: WatchSettings = {}): Promise<TestOrders> {
    const statements: string[] = [];
    const database = await testDatabase(orderSchema, { onStatement: (text) => statements.push(text) });
    return new TestOrders(database, statements, watching);
  }

  private constructor(database: TestDatabase, statements: string[], watching: WatchSettings) {
    this.#database = database;
    this.statements = statements;
    const clock = () => this.now();
    this.carts = new FakeCarts(this.wire);
    this.inventory = new FakeInventory(this.wire, clock);
    this.payments = new FakePayments(this.wire, clock);
    this.promotions = new FakePromotions(this.wire);
    this.taxes = new FakeTaxes(this.wire);
    this.shipping = new FakeShipping(this.wire);
    this.notify = new FakeNotify(this.wire);
    this.deps = {
      db: watching.feed === undefined ? database.db : telling(database.db, watching.feed),
      watching,
      clock,
      log: pino({ level: "silent" }),
      jobs: {
        enqueue: async (tx, queue, data) => {
          const job = { queue: queue.name, data: data as unknown as AnyJob };
          tx.afterCommit(() => this.jobs.push(job));
          return "job";
        },
        enqueueAll: async (tx, queue, rows) => {
          const jobs = rows.map(({ data }) => ({ queue: queue.name, data: data as unknown as AnyJob }));
          tx.afterCommit(() => this.jobs.push(...jobs));
          return jobs.length;
        },
        find: async (queues, { orderId }) =>
          this.wire.serve("jobs.find", String(orderId), () =>
            this.jobs
              .filter(({ data, queue }) => data.orderId === orderId && queues.some((q) => q.name === queue))
              .map(({ queue }, i) => ({
                id: `job_${i}`,
                queue,
                state: "created" as const,
                attempts: 0,
                error: "",
                createTime: this.now(),
                dueTime: this.now(),
                endTime: null,
              })),
          ),
      },
      holds,
      carts: this.carts.client,
      inventory: this.inventory.client,
      payments: this.payments.client,
      promotions: this.promotions.client,
      taxes: this.taxes.client,
      shipping: this.shipping.client,
      notify: this.notify.client,
    };
    const { services } = createOrderService(this.deps);
    this.client = createClient(
      OrderService,
      createDirectTransport({ services, interceptors: testInterceptors }),
    );
  }

  /** Calls in the name of staff. */
  readonly staff = as.staff;

  get db() {
    return this.#database.db;
  }

  now(): Date {
    return new Date(Date.now() + this.#ahead);
  }

  /** Moves the clock ahead of real time. */
  advance(ms: number): void {
    this.#ahead += ms;
  }

  /** Before each test: nothing breaks, nothing waits, plenty of everything, and the time is now. */
  reset(): void {
    this.wire.clear();
    this.jobs.length = 0;
    this.inventory.onHand.clear();
    this.promotions.offers.length = 0;
    this.promotions.redemptions.clear();
    this.taxes.rates.length = 0;
    this.shipping.prices = [500, 1200];
    this.#ahead = 0;
  }

  /** Ends what earlier tests left waiting for a payment. */
  async drain(): Promise<void> {
    await this.db.execute(sql`update orders set state = 'CANCELED' where state = 'PENDING_PAYMENT'`);
    this.jobs.length = 0;
  }

  sweep(): Promise<number> {
    return sweepOrders(this.deps);
  }

  /** Runs the jobs that wait, and those that they enqueue; those that fail wait on. */
  async work(): Promise<void> {
    const failed: typeof this.jobs = [];
    for (let job = this.jobs.shift(); job !== undefined; job = this.jobs.shift()) {
      try {
        await this.run(job);
      } catch {
        failed.push(job);
      }
    }
    this.jobs.push(...failed);
  }

  run({ queue, data }: { queue: string; data: AnyJob }): Promise<void> {
    const handlers: Record<string, (deps: OrderDeps, job: AnyJob) => Promise<void>> = {
      [fulfillQueue.name]: fulfillOrder,
      [undoQueue.name]: undoOrder,
      [undoCheckoutQueue.name]: (deps, { orderId, cartId = "" }) => undoCheckout(deps, { orderId, cartId }),
      [refundQueue.name]: (deps, { orderId, refundId = "" }) => finishRefund(deps, { orderId, refundId }),
      [tellQueue.name]: (deps, job) => tellNews(deps, job as TellJob),
      [instructQueue.name]: (deps, { orderId, paymentId = "" }) =>
        instructBuyer(deps, { orderId, paymentId }),
    };
    const handler = handlers[queue];
    if (handler === undefined) throw new Error(`no handler for ${queue}`);
    return handler(this.deps, data);
  }

  /** A cart of two mugs at 10.00 USD, ready to be ordered. */
  cart(fields: Partial<FakeCart> = {}): string {
    const cartId = `cart_${++this.#carts}`;
    this.carts.carts.set(cartId, {
      owner: sha256Hex(tokenOf(cartId)),
      state: "OPEN",
      orderId: "",
      lines: { MUG: { quantity: 2, cents: 1000 } },
      contact,
      shippingAddress: address,
      ...fields,
    });
    return cartId;
  }

  place(
    cartId: string,
    more: Partial<MessageInitShape<typeof PlaceOrderRequestSchema>> = {},
  ): Promise<Order> {
    return this.client.placeOrder({ cartId, ...(more as object) }, buyerOf(cartId));
  }

  /** An order with a shipping method, 25.00 USD in all, and what its buyer can do with it. */
  async ready(fields: Partial<FakeCart> = {}): Promise<Buyer> {
    const cartId = this.cart(fields);
    const { id } = await this.place(cartId, { requestId: `place ${cartId}` });
    const buyer = new Buyer(this, { orderId: id, cartId });
    await buyer.choose("rate_0");
    return buyer;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#database[Symbol.asyncDispose]();
  }
}

/** What the buyer of an order can do. */
export class Buyer {
  readonly orderId: string;
  readonly cartId: string;
  readonly #shop: TestOrders;

  constructor(shop: TestOrders, { orderId, cartId }: { orderId: string; cartId: string }) {
    this.#shop = shop;
    this.orderId = orderId;
    this.cartId = cartId;
  }

  get #as() {
    return buyerOf(this.cartId);
  }

  choose(shippingMethodId: string): Promise<Order> {
    return this.#shop.client.setShippingMethod({ orderId: this.orderId, shippingMethodId }, this.#as);
  }

  pay(paymentMethod = "pm_card_visa", requestId = ""): Promise<Order> {
    const { orderId } = this;
    const method = { case: "card", value: { paymentMethod } } as const;
    return this.#shop.client.payOrder({ orderId, requestId, method }, this.#as);
  }

  transfer(bank = "BCA_VA", requestId = ""): Promise<Order> {
    const { orderId } = this;
    const method = { case: "bankTransfer", value: { bank } } as const;
    return this.#shop.client.payOrder({ orderId, requestId, method }, this.#as);
  }

  confirm(): Promise<Order> {
    return this.#shop.client.confirmPayment({ orderId: this.orderId }, this.#as);
  }

  /** Staff give back the money of units by SKU, or of the shipping; of neither: all that is left. */
  refund(
    items: Record<string, number> = {},
    { shipping = false, requestId = "" }: { shipping?: boolean; requestId?: string } = {},
  ): Promise<Order> {
    const { orderId } = this;
    const units = Object.entries(items).map(([sku, quantity]) => ({ sku, quantity: BigInt(quantity) }));
    return this.#shop.client.refundOrder({ orderId, items: units, shipping, requestId }, as.staff);
  }

  cancel(reason = "changed my mind"): Promise<Order> {
    return this.#shop.client.cancelOrder({ orderId: this.orderId, reason }, this.#as);
  }

  get(): Promise<Order> {
    return this.#shop.client.getOrder({ orderId: this.orderId }, this.#as);
  }

  settle(): Promise<Order> {
    return this.#shop.client.settlePayment({ orderId: this.orderId }, as.service("payment"));
  }

  /** The name of the order's state. */
  async state(): Promise<string> {
    return Order_State[(await this.get()).state];
  }

  /** The kinds of the timeline's events. */
  async events(): Promise<string[]> {
    const { events } = await this.#shop.client.listOrderEvents({ orderId: this.orderId }, this.#as);
    return events.map(({ kind }) => kind);
  }

  /** Where goods and money of the order are. */
  async holdings(): Promise<{ state: string; goods: string[]; taken: bigint; open: boolean }> {
    const { inventory, payments } = this.#shop;
    return {
      state: await this.state(),
      goods: inventory.statesOf(this.orderId),
      taken: payments.takenFor(this.orderId),
      open: payments.isOpen(this.orderId),
    };
  }

  /** Gives the live attempt's id. */
  async paymentId(): Promise<string> {
    return (await this.get()).payment?.id ?? "";
  }
}
