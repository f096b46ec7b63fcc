import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHttpClient } from "../../cmd/flash/http-client.ts";
import { readProviderFacts, reconcile } from "../../cmd/flash/provider-facts.ts";
import { type FactStore, openFactStore } from "../../cmd/flash/store-facts.ts";
import { asSuperuser } from "../../lib/testing/postgres.ts";
import { letPass } from "../crash/time.ts";
import { Refused } from "../support/insist.ts";
import { createRandom } from "../support/random.ts";
import { readSandbox, type SandboxLabel, setFaults } from "../support/sandbox.ts";
import { openShop, type TestShop } from "../support/shop.ts";
import { type Books, compare, stockOf } from "./books.ts";
import { Customer, drawPlan, units, watched } from "./customer.ts";

/** `ROWLOCK_FAULT_ORDERS=500 ROWLOCK_FAULT_SEED=… vitest run test/faults` has more, and vendors that are silent for longer. */
const orders = Number(process.env["ROWLOCK_FAULT_ORDERS"] ?? 60);
const seed = Number(process.env["ROWLOCK_FAULT_SEED"] ?? 1);
const isLong = orders > 60;

const inFlight = 12;
const skus = ["FAULT-A", "FAULT-B", "FAULT-C"];
const stocked = orders * units;
/** What the vendors do to a fifth of the requests; a long run has them silent beyond the shop's time-outs. */
const faults = {
  seed,
  rate: 0.2,
  latencyMs: 300,
  timeoutMs: isLong ? 12_000 : 1_000,
  webhooks: { duplicate: 0.2, reorder: 0.2, delayMs: 0 },
};
/** Minutes, on the shop's clock, until all that waits for a later try must have been done. */
const restMinutes = 30;

let shop: TestShop;
let store: FactStore;
beforeAll(async () => {
  // Words between the shop and a vendor that went wrong are what this is about.
  shop = await openShop({ ROWLOCK_LOG_LEVEL: "error" });
  store = openFactStore(shop.databaseUrl);
  for (const sku of skus) await shop.sell(sku, { stock: stocked });
});
afterAll(async () => {
  await store?.[Symbol.asyncDispose]();
  await shop?.[Symbol.asyncDispose]();
});

/** Waits until nothing is under way; when only a later try is waited for, time passes. Returns what is left. */
async function comeToRest(): Promise<Map<string, number>> {
  let unrest = await store.unrest();
  for (let minutes = 0; minutes < restMinutes; minutes++) {
    for (let still = 0; still < 8 && unrest.size > 0; still++) {
      await delay(250);
      const now = await store.unrest();
      if ((await activeJobs()) > 0 || JSON.stringify([...now]) !== JSON.stringify([...unrest])) still = 0;
      unrest = now;
    }
    if (unrest.size === 0) break;
    await letPass(shop.databaseUrl, 1);
    unrest = await store.unrest();
  }
  return unrest;
}

async function activeJobs(): Promise<number> {
  return asSuperuser(shop.databaseUrl, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      "select count(*)::int as count from jobs.job where state = 'active'",
    );
    return rows[0]?.count ?? 0;
  });
}

async function readBooks(): Promise<Books> {
  using sandbox = createHttpClient(shop.sandboxUrl, 2);
  const [emails, texts] = [
    await readSandbox<{ customArgs: { message_id: string } }>(shop, "emails"),
    await readSandbox<{ sid: string }>(shop, "messages"),
  ];
  const messages = await asSuperuser(shop.databaseUrl, async (client) => {
    const { rows } = await client.query<Books["messages"][number]>(
      `select id, order_id as "orderId", channel, state, event_key as "eventKey", provider_id as "providerId"
       from notify.message`,
    );
    return rows;
  });
  return {
    shop: await store.facts(),
    charges: (await readProviderFacts(sandbox)).charges,
    labels: await readSandbox<SandboxLabel>(shop, "labels"),
    emails: emails.map(({ customArgs }) => customArgs.message_id),
    texts: texts.map(({ sid }) => sid),
    messages,
  };
}

test(`${orders} orders while a fifth of what is asked of the vendors goes wrong: all come to their end`, {
  timeout: 240_000 + orders * 2_000,
}, async () => {
  const unexpected: string[] = [];
  const random = createRandom(seed);
  const door = watched(shop, unexpected);
  const customers = Array.from(
    { length: orders },
    (_, number) => new Customer(door, { number, sku: random.pick(skus), plan: drawPlan(random) }),
  );
  await setFaults(shop, faults);
  const queue = [...customers];
  const away: Customer[] = [];
  const visitor = async () => {
    for (let customer = queue.shift(); customer !== undefined; customer = queue.shift()) {
      await customer.goOn().catch((err: unknown) => {
        if (!(err instanceof Refused)) throw err;
        away.push(customer as Customer);
      });
    }
  };
  await Promise.all(Array.from({ length: inFlight }, visitor));
  await setFaults(shop);
  expect(unexpected).toEqual([]);

  // Who was told to come back later does, and finds nothing stuck.
  for (const customer of away) await customer.goOn();
  expect(customers.filter(({ isDone }) => !isDone)).toEqual([]);
  expect(await comeToRest()).toEqual(new Map());
  const books = await readBooks();
  expect(compare(books)).toEqual([]);
  expect(books.shop.orders).toHaveLength(orders);
  for (const { byOrders, byCounters, byLedger } of stockOf(books.shop, stocked)) {
    expect([byCounters, byLedger]).toEqual([byOrders, byOrders]);
  }
  using http = createHttpClient(shop.httpUrl, 1);
  for (const { status, violations } of await reconcile(http, shop.staff)) {
    expect([status, violations]).toEqual([200, []]);
  }
});
