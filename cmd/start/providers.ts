import { join } from "node:path";
import { startSandboxWorker } from "../../sandbox/start-in-worker.ts";
import type { EmailSender } from "../../services/notify/email-sender.ts";
import type { SmsSender } from "../../services/notify/sms-sender.ts";
import type { CardProcessor } from "../../services/payment/card-processor.ts";
import type { Carrier } from "../../services/shipping/carrier.ts";
import type { Config } from "./config.ts";

/** Milliseconds that one call to a vendor may take. */
const timeoutMs = 10_000;

/**
 * The vendors behind the services' ports. Each SDK is loaded when it is asked for: it costs some 30 MiB and
 * hundreds of milliseconds, which a process without that service is spared.
 */
export interface Providers {
  cards(): Promise<CardProcessor>;
  carrier(): Promise<Carrier>;
  email(): Promise<EmailSender>;
  sms(): Promise<SmsSender>;
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

/**
 * The vendors' SDKs with their keys, or, without a key, pointed at the sandbox, which runs in a thread of this
 * process unless another process has it. A process that is told to host the sandbox plays all vendors, and
 * listens where the others reach it.
 */
export async function createProviders(config: Config): Promise<Providers> {
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
        })
      : undefined;
  const sandboxUrl = worker?.url ?? (keyless.length > 0 ? config.sandboxUrl : undefined);
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
      });
    },
    carrier: async () => {
      const { createShippoCarrier } = await import("../../services/shipping/shippo-carrier.ts");
      return createShippoCarrier({
        apiKey: config.shippoApiKey || "shippo_test_sandbox",
        ...at("serverUrl", playedAt("Shippo")),
        timeoutMs,
        sender: {
          name: "Rowlock Warehouse",
          line1: "965 Mission St",
          line2: "",
          city: "San Francisco",
          state: "CA",
          postalCode: "94103",
          countryCode: "US",
          email: config.mailFrom,
          phone: "+14155550100",
        },
      });
    },
    email: async () => {
      const { createSendgridSender } = await import("../../services/notify/sendgrid-sender.ts");
      return createSendgridSender({
        apiKey: config.sendgridApiKey || "SG.sandbox",
        ...at("baseUrl", playedAt("SendGrid")),
        from: { email: config.mailFrom, name: "Rowlock" },
        timeoutMs,
      });
    },
    sms: async () => {
      const { createTwilioSender } = await import("../../services/notify/twilio-sender.ts");
      return createTwilioSender({
        accountSid: config.twilioAccountSid || `AC${"0".repeat(32)}`,
        authToken: config.twilioAuthToken || "sandbox",
        ...at("baseUrl", playedAt("Twilio")),
        from: config.smsFrom,
        timeoutMs,
      });
    },
    [Symbol.asyncDispose]: async () => {
      await worker?.[Symbol.asyncDispose]();
    },
  };
}

function at<K extends string>(key: K, url: string | undefined): Partial<Record<K, string>> {
  return url === undefined ? {} : ({ [key]: url } as Record<K, string>);
}
