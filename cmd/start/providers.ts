import { join } from "node:path";
import { createCircuit } from "../../lib/circuit/circuit.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { startSandboxWorker } from "../../sandbox/start-in-worker.ts";
import type { EmailSender } from "../../services/notify/email-sender.ts";
import type { SmsSender } from "../../services/notify/sms-sender.ts";
import type { WebhookSecrets } from "../../services/notify/webhooks.ts";
import { tellingEvents } from "../../services/payment/apply-event.ts";
import type { CardEvents } from "../../services/payment/card-events.ts";
import type { CardProcessor } from "../../services/payment/card-processor.ts";
import type { Carrier } from "../../services/shipping/carrier.ts";
import { noCarrier } from "../../services/shipping/no-carrier.ts";
import type { Config } from "./config.ts";
import { readSandboxKey } from "./sandbox-key.ts";

/** Milliseconds that one call to a vendor may take. */
const timeoutMs = 10_000;
/** What the sandbox tells by webhook: as a shop would subscribe to it, what it could not know otherwise. */
const postedEvents = {
  stripe: tellingEvents,
  sendgrid: ["delivered", "bounce", "dropped", "spamreport"],
  twilio: ["delivered", "undelivered", "failed", "received"],
};
/** How late SendGrid's word on an e-mail may be: its first attempts to deliver a webhook lie within. */
const lateWebhookMs = 180_000;

/**
 * The vendors behind the services' ports. Each SDK is loaded when it is asked for: it costs some 30 MiB and
 * hundreds of milliseconds, which a process without that service is spared.
 */
export interface Providers {
  cards(): Promise<CardProcessor>;
  cardEvents(): Promise<CardEvents>;
  carrier(): Promise<Carrier>;
  /** What Shippo's webhooks say in their URL. */
  carrierToken: string;
  email(): Promise<EmailSender>;
  sms(): Promise<SmsSender>;
  /** What the webhooks of SendGrid and Twilio are checked with. */
  messageSecrets(): Promise<WebhookSecrets>;
  /** The sandbox, when a vendor is played by it. */
  sandboxUrl: string | undefined;
  /** The vendors that the sandbox plays. */
  played: readonly string[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** Which vendor each part uses. */
const vendorsOf: Record<string, readonly (keyof typeof keyOf)[]> = {
  payment: ["Stripe"],
  shipping: ["Shippo"],
  notify: ["SendGrid", "Twilio"],
};

const keyOf = {
  Stripe: (config: Config) => config.stripeSecretKey,
  Shippo: (config: Config) => config.shippoApiKey,
  SendGrid: (config: Config) => config.sendgridApiKey,
  Twilio: (config: Config) => config.twilioAccountSid,
};

/** What the sandbox's webhooks are signed with, whichever process hosts it. */
const sandboxSecrets = { stripe: "whsec_sandbox", shippo: "sandbox", twilio: "sandbox" };

/**
 * The vendors' SDKs with their keys, or, without a key, pointed at the sandbox, which runs in a thread of this
 * process unless another process has it. A process that is told to host the sandbox plays all vendors, and
 * listens where the others reach it.
 */
export async function createProviders(config: Config, log: Log): Promise<Providers> {
  const keyless = config.parts
    .flatMap((part) => vendorsOf[part] ?? [])
    .filter((vendor) => keyOf[vendor](config) === "");
  const hosted = config.parts.includes("sandbox");
  const worker =
    hosted || (keyless.length > 0 && config.sandboxUrl === "")
      ? await startSandboxWorker({
          dataDir: join(config.dataDir, "sandbox"),
          port: config.sandboxPort,
          host: hosted ? config.host : "127.0.0.1",
          ...at("publicUrl", config.sandboxUrl || undefined),
          ...at("webhookBaseUrl", config.webhookUrl || undefined),
          webhookEvents: postedEvents,
          stripeWebhookSecret: sandboxSecrets.stripe,
          shippoWebhookToken: sandboxSecrets.shippo,
          twilioAuthToken: sandboxSecrets.twilio,
        })
      : undefined;
  const sandboxUrl = worker?.url ?? (keyless.length > 0 ? config.sandboxUrl : undefined);
  const circuitOf = (provider: keyof typeof keyOf) =>
    createCircuit({
      provider,
      onChange: ({ open }) =>
        open
          ? log.warn({ provider }, "a provider does not answer: it is asked again from time to time")
          : log.info({ provider }, "a provider answers again"),
    });
  const playedAt = (vendor: keyof typeof keyOf) => (keyless.includes(vendor) ? sandboxUrl : undefined);
  return {
    played: hosted ? Object.keys(keyOf) : keyless,
    sandboxUrl,
    cards: async () => {
      const { createStripeProcessor } = await import("../../services/payment/stripe-processor.ts");
      return createStripeProcessor({
        apiKey: config.stripeSecretKey || "sk_test_sandbox",
        baseUrl: playedAt("Stripe"),
        timeoutMs,
        returnUrl: config.publicUrl,
        transferCountry: config.stripeTransferCountry,
        circuit: circuitOf("Stripe"),
      });
    },
    cardEvents: async () => {
      const { createStripeEvents } = await import("../../services/payment/stripe-events.ts");
      const played = playedAt("Stripe") !== undefined;
      return createStripeEvents({
        secret: config.stripeWebhookSecret || (played ? sandboxSecrets.stripe : ""),
      });
    },
    carrierToken: config.shippoWebhookToken || (keyless.includes("Shippo") ? sandboxSecrets.shippo : ""),
    carrier: async () => {
      if (config.shippoApiKey === "none") return noCarrier;
      const { createShippoCarrier } = await import("../../services/shipping/shippo-carrier.ts");
      return createShippoCarrier({
        apiKey: config.shippoApiKey || "shippo_test_sandbox",
        ...at("serverUrl", playedAt("Shippo")),
        timeoutMs,
        circuit: circuitOf("Shippo"),
        sender: config.shipFrom,
        originCountryCode: config.originCountry || config.shipFrom.countryCode,
      });
    },
    email: async () => {
      const { createSendgridSender } = await import("../../services/notify/sendgrid-sender.ts");
      const played = playedAt("SendGrid");
      return createSendgridSender({
        apiKey: config.sendgridApiKey || "SG.sandbox",
        ...at("baseUrl", played),
        from: { email: config.mailFrom, name: config.shopName },
        timeoutMs,
        circuit: circuitOf("SendGrid"),
        doubtMs: played !== undefined || config.sendgridWebhookPublicKey !== "" ? lateWebhookMs : 0,
      });
    },
    sms: async () => {
      const { createTwilioSender } = await import("../../services/notify/twilio-sender.ts");
      return createTwilioSender({
        accountSid: config.twilioAccountSid || `AC${"0".repeat(32)}`,
        authToken: config.twilioAuthToken || sandboxSecrets.twilio,
        ...at("baseUrl", playedAt("Twilio")),
        ...at("statusCallback", callbackOf(config)),
        from: config.smsFrom,
        timeoutMs,
        circuit: circuitOf("Twilio"),
      });
    },
    messageSecrets: async () => {
      const played = playedAt("SendGrid");
      return {
        sendgridPublicKey:
          config.sendgridWebhookPublicKey ||
          (played === undefined ? "" : await readSandboxKey({ sandboxUrl: played, log })),
        twilioAuthToken: config.twilioAuthToken || sandboxSecrets.twilio,
        publicUrl: config.publicUrl,
      };
    },
    [Symbol.asyncDispose]: async () => {
      await worker?.[Symbol.asyncDispose]();
    },
  };
}

/** Where Twilio tells what became of a text; nowhere as long as the shop has no address that Twilio would take. */
function callbackOf({ twilioAccountSid, publicUrl }: Config): string | undefined {
  const real = twilioAccountSid !== "";
  return real && !publicUrl.startsWith("https://") ? undefined : `${publicUrl}/v1/webhooks/twilio`;
}

function at<K extends string>(key: K, url: string | undefined): Partial<Record<K, string>> {
  return url === undefined ? {} : ({ [key]: url } as Record<K, string>);
}
