import { Redis } from "ioredis";
import type { Auth } from "../../gateway/auth/index.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import type { Jobs, JobsOptions } from "../../lib/jobs/index.ts";
import type { ServiceModule } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { createChangeFeed, telling } from "../../lib/watch/index.ts";
import { createCartService } from "../../services/cart/service.ts";
import { createPostgresCartStore, deleteExpired } from "../../services/cart/store-postgres.ts";
import { createRedisCartStore } from "../../services/cart/store-redis.ts";
import { createCatalogService } from "../../services/catalog/service.ts";
import { eraseCustomerData, eraseQueue } from "../../services/customer/erase.ts";
import { type CustomerDeps, createCustomerService } from "../../services/customer/service.ts";
import { checkStock, lowStockQueue, noticeQueue } from "../../services/inventory/check-stock.ts";
import { createStockRelay } from "../../services/inventory/outbox.ts";
import { createInventoryService } from "../../services/inventory/service.ts";
import { sweepDueHolds } from "../../services/inventory/sweep.ts";
import { tellBackInStock, tellLowStock } from "../../services/inventory/tell-stock.ts";
import { createNotifyService } from "../../services/notify/service.ts";
import { sweepMessages } from "../../services/notify/sweep.ts";
import { notifyWebhooks } from "../../services/notify/webhooks.ts";
import { sweepConfirmations } from "../../services/order/confirm.ts";
import { orderQueues } from "../../services/order/jobs.ts";
import { createOrderRelay } from "../../services/order/outbox.ts";
import { createOrderService, type OrderDeps } from "../../services/order/service.ts";
import { sweepOrders } from "../../services/order/sweep.ts";
import { workOnOrders } from "../../services/order/work.ts";
import { paymentChanged, tellOrder } from "../../services/payment/order-link.ts";
import { createPaymentRelay } from "../../services/payment/outbox.ts";
import { sweepMethods } from "../../services/payment/saved-method.ts";
import { createPaymentService, type PaymentDeps, paymentWebhooks } from "../../services/payment/service.ts";
import { sweepRefunds } from "../../services/payment/sweep.ts";
import { createPromotionService } from "../../services/promotion/service.ts";
import { createShippingRelay } from "../../services/shipping/outbox.ts";
import { parcelMoved, tellOrder as tellOfParcel } from "../../services/shipping/parcel-moved.ts";
import { createShippingService, type ShippingDeps } from "../../services/shipping/service.ts";
import { sweepParcels } from "../../services/shipping/track.ts";
import { shippingWebhooks } from "../../services/shipping/webhooks.ts";
import { createTaxService } from "../../services/tax/service.ts";
import { systemResolve } from "../../services/webhook/public-address.ts";
import { createSecretBox } from "../../services/webhook/secret-box.ts";
import { createWebhookService } from "../../services/webhook/service.ts";
import { sweepWebhooks } from "../../services/webhook/sweep.ts";
import { startAuth } from "./auth.ts";
import type { Config } from "./config.ts";
import type { Database } from "./database.ts";
import { every } from "./every.ts";
import { startFacades } from "./legacy.ts";
import type { Network, ServiceName } from "./network.ts";
import type { Providers } from "./providers.ts";
import type { Secrets } from "./secrets.ts";
import { slowSweepMs, sweepInbox, sweepKeys, sweepMs, together } from "./sweeps.ts";
import { tellOthers } from "./tell-others.ts";

/** What the services are made of. */
export interface Parts {
  config: Config;
  clock: Clock;
  log: Log;
  database: Database;
  network: Network;
  jobs: Jobs;
  providers: Providers;
  secrets: Secrets;
}

/** A service, and what it does besides answering calls. */
export interface Made extends ServiceModule {
  /** The gateway's: tells who calls. */
  auth?: Auth;
  /** Tells the jobs what to work on; before they start. */
  work?: () => void;
  /** Starts its sweep; what is returned stops it. */
  sweep?: (() => Disposable) | undefined;
  /** Closes what it holds besides its database. */
  close?: () => Promise<void>;
}

const transferSlackMs = 3_600_000;
/** Few orders are shipped at a time: in a flash sale the buyers come first, and labels wait a minute. */
const shippingPace = { batchSize: 4, concurrency: 1 };

/** How each service is put together. */
export const makers: Record<ServiceName, (parts: Parts) => Made | Promise<Made>> = {
  catalog: ({ database, clock, log }) => {
    const db = database.open("catalog");
    const service = createCatalogService({ db, clock });
    return { ...service, sweep: () => sweepKeys({ db, name: "catalog", clock, log }) };
  },

  inventory: (parts) => {
    const { clock, log, jobs, network } = parts;
    const { db, feed, untilStop, close } = openWatched(parts, "inventory");
    const tellers = {
      db,
      clock,
      catalog: network.client("inventory", "catalog"),
      notify: network.client("inventory", "notify"),
    };
    return {
      ...createInventoryService({ db, clock, watching: { feed, log } }),
      close,
      work: () => {
        jobs.work(lowStockQueue, ({ data, signal }) => tellLowStock(tellers, data, { signal }));
        jobs.work(noticeQueue, ({ data, signal }) => tellBackInStock(tellers, data, { signal }));
      },
      sweep: () =>
        together(
          untilStop,
          every({ ms: sweepMs, name: "inventory.sweep", log }, () => sweepDueHolds(db, clock())),
          every({ ms: sweepMs, name: "inventory.check", log }, () => checkStock({ db, clock, jobs })),
          tellOthers(parts, "inventory", (webhooks) => createStockRelay({ db, log, webhooks })),
          sweepKeys({ db, name: "inventory", clock, log }),
        ),
    };
  },

  promotion: ({ database, clock, log }) => {
    const db = database.open("promotion");
    const service = createPromotionService({ db, clock, log });
    return { ...service, sweep: () => sweepKeys({ db, name: "promotion", clock, log }) };
  },

  tax: ({ database, clock, log }) => {
    const db = database.open("tax");
    const service = createTaxService({ db, clock });
    return { ...service, sweep: () => sweepKeys({ db, name: "tax", clock, log }) };
  },

  cart: (parts) => {
    const { store, close, sweep } = cartStore(parts);
    const { network, clock, log, secrets } = parts;
    const service = createCartService({
      store,
      catalog: network.client("cart", "catalog"),
      inventory: network.client("cart", "inventory"),
      promotions: network.client("cart", "promotion"),
      taxes: network.client("cart", "tax"),
      clock,
      log,
      tokenSecret: secrets.serviceKey,
    });
    return { ...service, close, sweep };
  },

  order: (parts) => {
    const { network, clock, log, jobs, config } = parts;
    const { db, feed, untilStop, close } = openWatched(parts, "order");
    const deps: OrderDeps = {
      db,
      watching: { feed, log },
      clock,
      log,
      jobs,
      holds: { unpaidMs: config.holdMs, transferMs: config.transferMs, transferSlackMs },
      carts: network.client("order", "cart"),
      inventory: network.client("order", "inventory"),
      promotions: network.client("order", "promotion"),
      taxes: network.client("order", "tax"),
      payments: network.client("order", "payment"),
      shipping: network.client("order", "shipping"),
      notify: network.client("order", "notify"),
    };
    return {
      ...createOrderService(deps),
      close,
      work: () => workOnOrders(deps, jobs, { shippingPace }),
      sweep: () =>
        together(
          untilStop,
          every({ ms: sweepMs, name: "order.sweep", log }, () => sweepOrders(deps)),
          every({ ms: sweepMs, name: "order.confirm", log }, () => sweepConfirmations(deps)),
          tellOthers(parts, "order", (webhooks) => createOrderRelay({ ...deps, webhooks })),
          sweepKeys({ db: deps.db, name: "order", clock, log }),
        ),
    };
  },

  payment: async (parts) => {
    const { config, database, network, clock, log, jobs, providers } = parts;
    const deps: PaymentDeps = {
      db: database.open("payment"),
      clock,
      log,
      jobs,
      cards: await providers.cards(),
      events: await providers.cardEvents(),
      orders: network.client("payment", "order"),
      accountPrefixes: config.accountPrefixes,
      providerTransfers: config.stripeTransfers,
    };
    const { inbox, services } = createPaymentService(deps);
    return {
      services,
      sweep: () =>
        together(
          every({ ms: sweepMs, name: "payment.sweep", log }, () => sweepRefunds(deps)),
          every({ ms: slowSweepMs, name: "payment.methods.sweep", log }, () => sweepMethods(deps)),
          tellOthers(parts, "payment", (webhooks) => createPaymentRelay({ ...deps, webhooks })),
          sweepInbox({ inbox, name: "payment", log }),
          sweepKeys({ db: deps.db, name: "payment", clock, log }),
        ),
      work: () => {
        jobs.work(paymentChanged, ({ data }) => tellOrder(deps, data));
        jobs.work(paymentWebhooks, (job) => inbox.work(job));
      },
    };
  },

  shipping: async (parts) => {
    const { database, network, clock, log, jobs, providers } = parts;
    const db = database.open("shipping");
    const deps: ShippingDeps = {
      db,
      clock,
      log,
      jobs,
      carrier: await providers.carrier(),
      orders: network.client("shipping", "order"),
      webhookToken: providers.carrierToken,
    };
    const { inbox, services } = createShippingService(deps);
    return {
      services,
      sweep: () =>
        together(
          every({ ms: slowSweepMs, name: "shipping.parcels", log }, () => sweepParcels(deps)),
          tellOthers(parts, "shipping", (webhooks) => createShippingRelay({ ...deps, webhooks })),
          sweepInbox({ inbox, name: "shipping", log }),
          sweepKeys({ db, name: "shipping", clock, log }),
        ),
      work: () => {
        jobs.work(shippingWebhooks, (job) => inbox.work(job));
        jobs.work(parcelMoved, ({ data }) => tellOfParcel(deps, data));
      },
    };
  },

  notify: async ({ database, network, clock, log, jobs, providers, config }) => {
    const db = database.open("notify");
    const { inbox, services } = createNotifyService({
      db,
      clock,
      log,
      jobs,
      email: await providers.email(),
      sms: await providers.sms(),
      webhooks: await providers.messageSecrets(),
      orders: network.client("notify", "order"),
      shopName: config.shopName,
      orderUrl: config.orderUrl,
      language: config.language,
      staffEmails: config.staffEmails,
    });
    return {
      services,
      sweep: () =>
        together(
          every({ ms: slowSweepMs, name: "notify.sweep", log }, () => sweepMessages({ db, clock, log })),
          sweepInbox({ inbox, name: "notify", log }),
          sweepKeys({ db, name: "notify", clock, log }),
        ),
      work: () => jobs.work(notifyWebhooks, (job) => inbox.work(job)),
    };
  },

  customer: ({ database, network, clock, log, jobs }) => {
    const deps: CustomerDeps = {
      db: database.open("customer"),
      clock,
      jobs,
      accounts: network.client("customer", "gateway"),
      carts: network.client("customer", "cart"),
      orders: network.client("customer", "order"),
      payments: network.client("customer", "payment"),
      shipping: network.client("customer", "shipping"),
      notify: network.client("customer", "notify"),
      inventory: network.client("customer", "inventory"),
      webhooks: network.client("customer", "webhook"),
    };
    return {
      ...createCustomerService(deps),
      sweep: () => sweepKeys({ db: deps.db, name: "customer", clock, log }),
      work: () => jobs.work(eraseQueue, ({ data, signal }) => eraseCustomerData(deps, data, { signal })),
    };
  },

  webhook: ({ database, clock, log, config, secrets }) => {
    const db = database.open("webhook");
    const rules = { allowPrivate: config.webhookPrivate, resolve: systemResolve };
    const { services, parts } = createWebhookService({
      db,
      clock,
      log,
      rules,
      box: createSecretBox(secrets),
    });
    return {
      services,
      sweep: () =>
        together(
          parts.dispatcher.start(),
          every({ ms: slowSweepMs, name: "webhook.sweep", log }, () => sweepWebhooks(parts)),
          sweepKeys({ db, name: "webhook", clock, log }),
        ),
      close: () => parts.dispatcher[Symbol.asyncDispose](),
    };
  },

  gateway: async (parts) => {
    const auth = await startAuth(parts);
    const { log } = parts;
    return {
      services: [...auth.services, ...startFacades(parts)],
      auth,
      sweep: () => every({ ms: sweepMs, name: "auth.sweep", log }, () => auth.sweep()),
      close: () => auth[Symbol.asyncDispose](),
    };
  },
};

/** A service's database, and the feed that tells of its changes. */
function openWatched({ database, log }: Parts, name: ServiceName) {
  const db = database.open(name);
  const feed = createChangeFeed({ db, url: database.url, channel: `rowlock_${name}`, log });
  return {
    db: telling(db, feed),
    feed,
    // Sweeps stop before the calls are drained: watchers have left by then, and are served elsewhere.
    untilStop: { [Symbol.dispose]: () => feed.stop() },
    close: () => feed[Symbol.asyncDispose](),
  };
}

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
    sweep: () => every({ ms: slowSweepMs, name: "cart.sweep", log }, () => deleteExpired(db, clock(), 1_000)),
  };
}

/** The queues of each service that has some. */
export const queuesOf: Partial<Record<ServiceName, JobsOptions["queues"]>> = {
  inventory: [lowStockQueue, noticeQueue],
  order: orderQueues,
  payment: [paymentChanged, paymentWebhooks],
  shipping: [shippingWebhooks, parcelMoved],
  notify: [notifyWebhooks],
  customer: [eraseQueue],
};
