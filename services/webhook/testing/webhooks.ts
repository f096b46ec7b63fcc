import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Client, createClient } from "@connectrpc/connect";
import { pino } from "pino";
import {
  type Delivery,
  type EventSchema,
  WebhookService,
} from "../../../gen/rowlock/webhook/v1/webhook_pb.js";
import { createDirectTransport } from "../../../lib/rpc/index.ts";
import { as, testInterceptors } from "../../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../../lib/testing/postgres.ts";
import { webhookSchema } from "../migrations/index.ts";
import { createSecretBox } from "../secret-box.ts";
import { createWebhookService, type WebhookDeps, type WebhookParts } from "../service.ts";

/** One process that hosts Webhook. */
export interface TestProcess {
  client: Client<typeof WebhookService>;
  parts: WebhookParts;
}

/** Webhook on a database of its own, with time in the test's hands. */
export interface TestWebhooks extends TestProcess {
  database: TestDatabase;
  now(): Date;
  /** Lets time pass, and has the first process look for what is due since. */
  pass(ms: number): void;
  /** A further process on the same database. */
  another(deps?: Partial<WebhookDeps>): TestProcess;
  publish(...events: Partial<MessageInitShape<typeof EventSchema>>[]): Promise<void>;
  deliveries(): Promise<Delivery[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The service key of the tests' processes. */
export const serviceKey = "a service key of the tests, long enough";

export async function openTestWebhooks(
  deps: Partial<WebhookDeps> = {},
  options: { onStatement?: (text: string) => void } = {},
): Promise<TestWebhooks> {
  const database = await testDatabase(webhookSchema, { poolSize: 6, ...options });
  // Receivers refuse timestamps that are far from their own clock.
  let now = Date.now();
  let published = 0;
  const processes: TestProcess[] = [];
  const another = (more: Partial<WebhookDeps> = {}): TestProcess => {
    const { services, parts } = createWebhookService({
      db: database.db,
      clock: () => new Date(now),
      log: pino({ level: "silent" }),
      box: createSecretBox({ serviceKey, otherServiceKeys: [] }),
      rules: { allowPrivate: true, resolve: async () => [{ address: "127.0.0.1", family: 4 }] },
      random: () => 0,
      ...deps,
      ...more,
    });
    const transport = createDirectTransport({ services, interceptors: testInterceptors });
    const process = { client: createClient(WebhookService, transport), parts };
    processes.push(process);
    return process;
  };
  const first = another();
  return {
    ...first,
    database,
    another,
    now: () => new Date(now),
    pass: (ms) => {
      now += ms;
      first.parts.dispatcher.wake();
    },
    publish: async (...events) => {
      const filled = events.map((event) => {
        published += 1;
        const eventTime = timestampFromDate(new Date(now));
        return {
          id: `test:${published}`,
          type: "order.paid",
          subject: "ord_1",
          data: "{}",
          eventTime,
          ...event,
        };
      });
      await first.client.publishEvents({ events: filled }, as.service("order"));
    },
    deliveries: async () => (await first.client.listDeliveries({}, as.staff)).deliveries.toReversed(),
    [Symbol.asyncDispose]: async () => {
      for (const { parts } of processes) await parts.dispatcher[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
