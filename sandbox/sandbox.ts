import type { Clock } from "../lib/clock.ts";
import { systemClock } from "../lib/clock.ts";
import { createHttpServer } from "./http/server.ts";
import { createInbox } from "./inbox/inbox.ts";
import { type SandboxLog, silentLog } from "./log.ts";
import { createSendgridApi } from "./sendgrid/api.ts";
import { openSendgridRecords } from "./sendgrid/records.ts";
import { createShippoApi } from "./shippo/api.ts";
import { openShippoRecords } from "./shippo/records.ts";
import { openStore } from "./store/store.ts";
import { createStripeApi } from "./stripe/api.ts";
import type { StripeContext } from "./stripe/context.ts";
import { createEmitter, STRIPE_WEBHOOK, stripeSender } from "./stripe/events.ts";
import { openRecords } from "./stripe/records.ts";
import { createTwilioApi } from "./twilio/api.ts";
import { openTwilioRecords } from "./twilio/messages.ts";
import { createDeliveries } from "./webhooks/deliveries.ts";

/** Everything that can cross a thread's border; see SandboxOptions for what cannot. */
export interface SandboxSettings {
  /** Folder of `sandbox.db`, made when missing; ":memory:" keeps nothing. */
  dataDir: string;
  /** Where Stripe's events are posted; none are when it is absent. */
  webhookUrl?: string;
  /** Signs Stripe's webhooks; `whsec_sandbox` when absent. */
  stripeWebhookSecret?: string;
  /** Pauses between attempts to deliver a webhook, in milliseconds; after the last one it has failed. */
  webhookRetryMs?: readonly number[];
  /** The address under which browsers and callers reach the sandbox; where it listens when absent. */
  publicUrl?: string;
  /** Delays every answer by so many milliseconds, as a network would. */
  latencyMs?: number;
}

export interface SandboxOptions extends SandboxSettings {
  log?: SandboxLog;
  clock?: Clock;
}

export interface Sandbox {
  /** Port 0 takes a free one. `url` has no slash at its end. */
  listen(address: { port: number; host?: string }): Promise<{ url: string }>;
  [Symbol.asyncDispose](): Promise<void>;
}

export const DEFAULT_WEBHOOK_SECRET = "whsec_sandbox";

/** Keys the sandbox accepts, in the form each SDK wants them. */
export const SANDBOX_KEYS = {
  stripe: "sk_test_sandbox",
  shippo: "ShippoToken shippo_test_sandbox",
  sendgrid: "SG.sandbox.sandbox",
  twilioAccountSid: "AC00000000000000000000000000000000",
  twilioAuthToken: "sandbox",
} as const;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const RETRY_MS = [
  SECOND,
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  60 * MINUTE,
  6 * 60 * MINUTE,
  24 * 60 * MINUTE,
];

/** Stand-ins for Stripe, Shippo, SendGrid and Twilio on one HTTP port, with an inbox page at /sandbox. */
export function createSandbox({
  dataDir,
  webhookUrl,
  stripeWebhookSecret = DEFAULT_WEBHOOK_SECRET,
  webhookRetryMs = RETRY_MS,
  publicUrl,
  latencyMs = 0,
  log = silentLog,
  clock = systemClock,
}: SandboxOptions): Sandbox {
  const now = () => clock().getTime();
  let url = publicUrl ?? "http://127.0.0.1";
  const baseUrl = () => url;
  const store = openStore(dataDir);
  const links = { baseUrl };

  const records = openRecords(store);
  const shippo = openShippoRecords(store);
  const sendgrid = openSendgridRecords(store);
  const twilio = openTwilioRecords(store);
  const deliveries = createDeliveries({
    store,
    log,
    now,
    retryMs: webhookRetryMs,
    senders: { [STRIPE_WEBHOOK]: stripeSender({ records, links, secret: stripeWebhookSecret, now }) },
  });
  const stripe: StripeContext = {
    store,
    records,
    links,
    now,
    emit: createEmitter({ records, deliveries, now, url: webhookUrl }),
  };
  const server = createHttpServer({
    store,
    log,
    latencyMs,
    vendors: [
      createStripeApi(stripe, deliveries),
      createShippoApi({ store, records: shippo, now, baseUrl }),
      createSendgridApi({ store, records: sendgrid, now }),
      createTwilioApi({ store, records: twilio, now }),
      createInbox({ stripe, shippo, sendgrid, twilio, deliveries, now, baseUrl }),
    ],
  });

  return {
    async listen({ port, host = "127.0.0.1" }) {
      const address = await server.listen({ port, host });
      url = publicUrl ?? address.url;
      deliveries.start();
      log.info({ url: address.url }, "sandbox is listening");
      return { url: address.url };
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await deliveries[Symbol.asyncDispose]();
      store[Symbol.dispose]();
    },
  };
}
