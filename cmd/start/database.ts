import { join } from "node:path";
import { authSchema } from "../../gateway/auth/migrations/index.ts";
import type { Db, Schema } from "../../lib/db/index.ts";
import { DatabaseUnavailable, migrate, openDatabase, toDatabaseError } from "../../lib/db/index.ts";
import { jobsSchema } from "../../lib/jobs/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { cartSchema } from "../../services/cart/migrations/index.ts";
import { catalogSchema } from "../../services/catalog/migrations/index.ts";
import { customerSchema } from "../../services/customer/migrations/index.ts";
import { inventorySchema } from "../../services/inventory/migrations/index.ts";
import { notifySchema } from "../../services/notify/migrations/index.ts";
import { orderSchema } from "../../services/order/migrations/index.ts";
import { paymentSchema } from "../../services/payment/migrations/index.ts";
import { promotionSchema } from "../../services/promotion/migrations/index.ts";
import { shippingSchema } from "../../services/shipping/migrations/index.ts";
import { taxSchema } from "../../services/tax/migrations/index.ts";
import { webhookSchema } from "../../services/webhook/migrations/index.ts";
import type { Config } from "./config.ts";
import type { ServiceName } from "./network.ts";
import { untilThere } from "./until-there.ts";

/** The Postgres schema of each service. */
export const schemas: Record<ServiceName, Schema> = {
  catalog: catalogSchema,
  inventory: inventorySchema,
  promotion: promotionSchema,
  tax: taxSchema,
  cart: cartSchema,
  order: orderSchema,
  payment: paymentSchema,
  shipping: shippingSchema,
  notify: notifySchema,
  customer: customerSchema,
  webhook: webhookSchema,
  gateway: authSchema,
};

/** Postgres, migrated for the services of this process. */
export interface Database {
  url: string;
  /** Whether it runs inside this process's data folder. */
  embedded: boolean;
  open(service: ServiceName): Db;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts Postgres, or waits for it, and brings the schemas of the given services up to date. A process without services
 * needs no Postgres, and starts none.
 *
 * @throws NotThere when DATABASE_URL leads nowhere for too long
 */
export async function createDatabase({
  config,
  services,
  log,
  onStatement,
}: {
  config: Pick<Config, "databaseUrl" | "dataDir" | "poolSize" | "startPatienceMs">;
  services: readonly ServiceName[];
  log: Log;
  onStatement: (text: string) => void;
}): Promise<Database> {
  if (services.length === 0) return noDatabase;
  const embedded = config.databaseUrl === "" ? await startEmbedded(config.dataDir, log) : undefined;
  const url = embedded?.url ?? config.databaseUrl;
  await untilThere({
    name: "the Postgres of DATABASE_URL",
    use: () => migrate({ url, schemas: [jobsSchema, ...services.map((name) => schemas[name])], log }),
    isAway: (err) => !embedded && toDatabaseError(err) instanceof DatabaseUnavailable,
    patienceMs: config.startPatienceMs,
    log,
  });
  const opened: Db[] = [];
  return {
    url,
    embedded: embedded !== undefined,
    open: (service) => {
      const db = openDatabase({
        url,
        schema: schemas[service].name,
        poolSize: config.poolSize,
        replan: service === "catalog",
        log,
        onStatement,
      });
      opened.push(db);
      return db;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(opened.map((db) => db[Symbol.asyncDispose]()));
      await embedded?.[Symbol.asyncDispose]();
    },
  };
}

const noDatabase: Database = {
  url: "postgres://127.0.0.1/none",
  embedded: false,
  open: (service) => {
    throw new Error(`${service} is not hosted here`);
  },
  [Symbol.asyncDispose]: async () => undefined,
};

async function startEmbedded(dataDir: string, log: Log) {
  // Loaded only here: with DATABASE_URL the package need not be installed.
  const { startEmbeddedPostgres } = await import("../../lib/db/embedded.ts");
  return startEmbeddedPostgres({ dataDir: join(dataDir, "postgres"), log });
}
