import { Redis } from "ioredis";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import type { Jobs, JobsOptions } from "../../lib/jobs/index.ts";
import type { ServiceModule } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { createCartService } from "../../services/cart/service.ts";
import { createPostgresCartStore, deleteExpired } from "../../services/cart/store-postgres.ts";
import { createRedisCartStore } from "../../services/cart/store-redis.ts";
import { createCatalogService } from "../../services/catalog/service.ts";
import { createInventoryService } from "../../services/inventory/service.ts";
import { sweepDueHolds } from "../../services/inventory/sweep.ts";
import { createNotifyService } from "../../services/notify/service.ts";
import { fulfillOrder } from "../../services/order/fulfill.ts";
import { instructBuyer } from "../../services/order/instruct.ts";
import { fulfillQueue, instructQueue, undoQueue } from "../../services/order/jobs.ts";
import { createOrderService, type OrderDeps } from "../../services/order/service.ts";
import { sweepOrders } from "../../services/order/sweep.ts";
import { undoOrder } from "../../services/order/undo.ts";
import { paymentChanged } from "../../services/payment/order-link.ts";
import { createPaymentService } from "../../services/payment/service.ts";
import { sweepRefunds } from "../../services/payment/sweep.ts";
import { createShippingService } from "../../services/shipping/service.ts";
import type { Config } from "./config.ts";
import type { Database } from "./database.ts";
import { every } from "./every.ts";
import type { Network, ServiceName } from "./network.ts";
import type { Providers } from "./providers.ts";

/** What the services are made of. */
export interface Parts {
  config: Config;
  clock: Clock;
  log: Log;
  database: Database;
  network: Network;
  jobs: Jobs;
  providers: Providers;
  serviceKey: string;
}

/** A service, and what it does besides answering calls. */
export interface Made extends ServiceModule {
  /** Tells the jobs what to work on; before they start. */
  work?: () => void;
  /** Starts its sweep; what is returned stops it. */
  sweep?: (() => Disposable) | undefined;
  /** Closes what it holds besides its database. */
  close?: () => Promise<void>;
}

/** How often due holds, due orders and stalled payments are looked for; milliseconds. */
const sweepMs = 5_000;
const cartSweepMs = 60_000;
const transferSlackMs = 3_600_000;
/** Few orders are shipped at a time: in a flash sale the buyers come first, and labels wait a minute. */
const shippingPace = { batchSize: 4, concurrency: 1 };

/** How each service is put together. */
export const makers: Record<ServiceName, (parts: Parts) => Made | Promise<Made>> = {
  catalog: ({ database, clock }) => createCatalogService({ db: database.open("catalog"), clock }),

  inventory: ({ database, clock, log }) => {
    const db = database.open("inventory");
    return {
      ...createInventoryService({ db, clock }),
      sweep: () => every({ ms: sweepMs, name: "inventory.sweep", log }, () => sweepDueHolds(db, clock())),
    };
  },

  cart: (parts) => {
    const { store, close, sweep } = cartStore(parts);
    const { network, clock, log, serviceKey } = parts;
    const service = createCartService({
      store,
      catalog: network.client("cart", "catalog"),
      inventory: network.client("cart", "inventory"),
      clock,
      log,
      tokenSecret: serviceKey,
    });
    return { ...service, close, sweep };
  },

  order: (parts) => {
    const { database, network, clock, log, jobs, config } = parts;
    const deps: OrderDeps = {
      db: database.open("order"),
      clock,
      log,
      jobs,
      holds: { unpaidMs: config.holdMs, transferMs: config.transferMs, transferSlackMs },
      carts: network.client("order", "cart"),
      inventory: network.client("order", "inventory"),
      payments: network.client("order", "payment"),
      shipping: network.client("order", "shipping"),
      notify: network.client("order", "notify"),
    };
    return {
      ...createOrderService(deps),
      work: () => {
        jobs.work(fulfillQueue, ({ data }) => fulfillOrder(deps, data), shippingPace);
        jobs.work(undoQueue, ({ data }) => undoOrder(deps, data));
        jobs.work(instructQueue, ({ data }) => instructBuyer(deps, data));
      },
      sweep: () => every({ ms: sweepMs, name: "order.sweep", log }, () => sweepOrders(deps)),
    };
  },

  payment: async ({ database, network, clock, log, jobs, providers }) => {
    const orders = network.client("payment", "order");
    const deps = { db: database.open("payment"), clock, log, jobs, cards: await providers.cards(), orders };
    return {
      ...createPaymentService(deps),
      sweep: () => every({ ms: sweepMs, name: "payment.sweep", log }, () => sweepRefunds(deps)),
      work: () => jobs.work(paymentChanged, async ({ data }) => void (await orders.settlePayment(data))),
    };
  },

  shipping: async ({ database, clock, log, providers }) =>
    createShippingService({ db: database.open("shipping"), clock, log, carrier: await providers.carrier() }),

  notify: async ({ database, clock, log, providers }) =>
    createNotifyService({
      db: database.open("notify"),
      clock,
      log,
      email: await providers.email(),
      sms: await providers.sms(),
    }),
};

function cartStore({ config, database, clock, log }: Parts) {
  if (config.redisUrl !== "") {
    const redis = new Redis(config.redisUrl, { maxRetriesPerRequest: 2, enableAutoPipelining: true });
    redis.on("error", (err: Error) => log.warn({ err }, "redis"));
    return {
      store: createRedisCartStore({ redis }),
      close: async () => void (await redis.quit()),
      sweep: undefined,
    };
  }
  const db: Db = database.open("cart");
  return {
    store: createPostgresCartStore({ db }),
    close: async () => undefined,
    sweep: () => every({ ms: cartSweepMs, name: "cart.sweep", log }, () => deleteExpired(db, clock(), 1_000)),
  };
}

/** The queues of each service that has some. */
export const queuesOf: Partial<Record<ServiceName, JobsOptions["queues"]>> = {
  order: [fulfillQueue, undoQueue, instructQueue],
  payment: [paymentChanged],
};
