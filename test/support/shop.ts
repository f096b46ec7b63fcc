import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../cmd/start/config.ts";
import { schemas } from "../../cmd/start/database.ts";
import { startShop } from "../../cmd/start/shop.ts";
import { jobsSchema } from "../../lib/jobs/index.ts";
import { createLog } from "../../lib/telemetry/log.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { createRest, type Rest } from "./rest.ts";

/** A whole shop, or what several processes make of one, as seen from outside. */
export interface TestShop {
  rest: Rest;
  httpUrl: string;
  grpcAddress: string;
  sandboxUrl: string;
  staff: string;
  databaseUrl: string;
  /** Makes a product of one variant, and its stock. */
  sell(sku: string, options?: { stock?: number; price?: number; title?: string }): Promise<void>;
  /** The stock of a SKU. */
  stock(sku: string): Promise<{ onHand: number; reserved: number; available: number }>;
  /** What the sandbox's inbox holds for an address or number. */
  inbox(kind: "emails" | "messages", to: string): Promise<Record<string, string>[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

export const testStaffKey = "staff-key-of-the-journey-tests";
export const testServiceKey = "service-key-of-the-journey-tests-32";

/** A database of its own, with all that a start would make in it. */
export function shopDatabase(): Promise<TestDatabase> {
  return testDatabase([jobsSchema, ...Object.values(schemas)]);
}

/** Everything in this process, on a database of its own, with the sandbox in a thread. */
export async function openShop(env: Record<string, string> = {}): Promise<TestShop> {
  const database = await shopDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "rowlock-shop-"));
  const config = readConfig({
    args: [],
    env: {
      PORT: "0",
      GRPC_PORT: "0",
      ROWLOCK_SANDBOX_PORT: "0",
      ROWLOCK_POOL_SIZE: "6",
      DATABASE_URL: database.url,
      ROWLOCK_DATA_DIR: dataDir,
      ROWLOCK_STAFF_KEY: testStaffKey,
      ROWLOCK_SERVICE_KEY: testServiceKey,
      // Who is told of events listens on this machine.
      ROWLOCK_WEBHOOK_PRIVATE: "true",
      ...env,
    },
  });
  const shop = await startShop({ config, log: createLog({ level: "error" }) });
  return asTestShop({
    httpUrl: shop.httpUrl,
    grpcAddress: shop.grpcAddress,
    sandboxUrl: shop.sandboxUrl ?? "",
    databaseUrl: database.url,
    close: async () => {
      await shop[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true });
    },
  });
}

/** A shop at given addresses. */
export function asTestShop(at: {
  httpUrl: string;
  grpcAddress: string;
  sandboxUrl: string;
  databaseUrl: string;
  close: () => Promise<void>;
}): TestShop {
  const rest = createRest(at.httpUrl);
  const staff = testStaffKey;
  const must = async (method: string, path: string, body: unknown) => {
    const answer = await rest(method, path, { staff, body });
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  };
  return {
    ...at,
    rest,
    staff,
    sell: async (sku, { stock = 100, price = 1000, title = `Product ${sku}` } = {}) => {
      await must("POST", "/v1/products", {
        title,
        variants: [
          {
            sku,
            prices: [{ currencyCode: "USD", amount: price }],
            package: { lengthMm: 100, widthMm: 80, heightMm: 30, weightG: 250 },
          },
        ],
      });
      await must("POST", `/v1/stock/${sku}:set`, { onHand: stock });
    },
    stock: async (sku) => (await rest("GET", `/v1/stock/${sku}`, { staff })).body,
    inbox: async (kind, to) => {
      const response = await fetch(`${at.sandboxUrl}/sandbox/api/${kind}?to=${encodeURIComponent(to)}`);
      const body = (await response.json()) as Record<string, Record<string, string>[]>;
      return body[kind] ?? body["items"] ?? [];
    },
    [Symbol.asyncDispose]: at.close,
  };
}
