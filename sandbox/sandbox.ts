import type { Clock } from "../lib/clock.ts";
import { systemClock } from "../lib/clock.ts";
import { createFaults } from "./faults/faults.ts";
import { createHttpServer } from "./http/server.ts";
import { createInbox } from "./inbox/inbox.ts";
import { type SandboxLog, silentLog } from "./log.ts";
import { createSendgridApi } from "./sendgrid/api.ts";
import { openSendgridKeys, sendgridSender } from "./sendgrid/events.ts";
import { openSendgridRecords } from "./sendgrid/records.ts";
import { createShippoApi } from "./shippo/api.ts";
import { shippoSender } from "./shippo/events.ts";
import { openShippoRecords } from "./shippo/records.ts";
import { openSettings } from "./store/settings.ts";
import { openStore } from "./store/store.ts";
import { createStripeApi } from "./stripe/api.ts";
import type { StripeContext } from "./stripe/context.ts";
import { createEmitter, stripeSender } from "./stripe/events.ts";
import { openRecords } from "./stripe/records.ts";
import { createTwilioApi } from "./twilio/api.ts";
import { twilioSender } from "./twilio/callbacks.ts";
import { openTwilioRecords } from "./twilio/messages.ts";
import { createDeliveries } from "./webhooks/deliveries.ts";
import { createTell, type WebhookEvents, type WebhookKeys } from "./webhooks/targets.ts";

/** Everything that can cross a thread's border; see SandboxOptions for what cannot. */
export interface SandboxSettings {
  /** Folder of `sandbox.db`, made when missing; ":memory:" keeps nothing. */
  dataDir: string;
  /**
   * The shop's address, without a slash at its end: webhooks are posted to `<base>/v1/webhooks/<vendor>`. None are
   * when it is absent, but those that a text message's own `StatusCallback` asks for.
   */
  webhookBaseUrl?: string;
  /** The types that are posted of a vendor's webhooks; all of a vendor that is not named. */
  webhookEvents?: WebhookEvents;
  /** Signs Stripe's webhooks; `whsec_sandbox` when absent. */
  stripeWebhookSecret?: string;
  /** Signs Twilio's status callbacks; that of SANDBOX_KEYS when absent. */
  twilioAuthToken?: string;
  /** Stands in the URL of Shippo's webhooks, as `token`; `sandbox` when absent. */
  shippoWebhookToken?: string;
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
  readonly webhookKeys: WebhookKeys;
  /** Port 0 takes a free one. `url` has no slash at its end. */
  listen(address: { port: number; host?: string }): Promise<{ url: string }>;
  [Symbol.asyncDispose](): Promise<void>;
}

const DEFAULT_WEBHOOK_SECRET = "whsec_sandbox";
const DEFAULT_SHIPPO_WEBHOOK_TOKEN = "sandbox";

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
  webhookBaseUrl,
  webhookEvents,
  stripeWebhookSecret = DEFAULT_WEBHOOK_SECRET,
  twilioAuthToken = SANDBOX_KEYS.twilioAuthToken,
  shippoWebhookToken = DEFAULT_SHIPPO_WEBHOOK_TOKEN,
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
  const labelUrl = (transaction: string) => `${baseUrl()}/sandbox/labels/${transaction}.pdf`;

  const settings = openSettings(store);
  const faults = createFaults({ settings });
  const sendgridKeys = openSendgridKeys(settings);

  const webhookKeys: WebhookKeys = { sendgrid: sendgridKeys.publicKey };
  const records = openRecords(store);
  const shippo = openShippoRecords(store);
  const sendgrid = openSendgridRecords(store);
  const twilio = openTwilioRecords(store);
  const deliveries = createDeliveries({
    store,
    log,
    now,
    retryMs: webhookRetryMs,
    faults,
    senders: {
      stripe: stripeSender({ records, links, secret: stripeWebhookSecret, now }),
      sendgrid: sendgridSender({ records: sendgrid, keys: sendgridKeys, now }),
      twilio: twilioSender({ records: twilio, authToken: twilioAuthToken }),
      shippo: shippoSender({ records: shippo, labelUrl }),
    },
  });
  const tell = createTell({
    deliveries,
    baseUrl: webhookBaseUrl,
    events: webhookEvents,
    shippoToken: shippoWebhookToken,
  });
  const stripe: StripeContext = {
    store,
    records,
    links,
    now,
    emit: createEmitter({ records, tell, now }),
  };
  const server = createHttpServer({
    store,
    log,
    latencyMs,
    faults,
    vendors: [
      createStripeApi(stripe, deliveries),
      createShippoApi({ store, records: shippo, now, baseUrl, labelUrl, tell }),
      createSendgridApi({ store, records: sendgrid, now, tell }),
      createTwilioApi({ store, records: twilio, now, tell }),
      createInbox({
        stripe,
        shippo,
        sendgrid,
        twilio,
        deliveries,
        faults,
        webhookKeys,
        tell,
        now,
        baseUrl,
        labelUrl,
      }),
    ],
  });

  return {
    webhookKeys,
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
