import sendgridClient from "@sendgrid/client";
import { Shippo } from "shippo";
import { ShippoError } from "shippo/models/errors/shippoerror.js";
import Stripe from "stripe";
import twilio from "twilio";
import { within } from "../../lib/within.ts";

/** What a vendor says of a key. */
export type KeyState = "accepted" | "refused" | "no answer";

/** A key, and where to ask about it: the vendor's own address when not given. */
export interface Question {
  apiKey: string;
  baseUrl?: string | undefined;
  /** Milliseconds. */
  timeoutMs: number;
}

/** Asks Stripe for the account's balance. A restricted key may not see it, and is known all the same. */
export function askStripe({ apiKey, baseUrl, timeoutMs }: Question): Promise<KeyState> {
  const url = baseUrl === undefined ? undefined : new URL(baseUrl);
  const stripe = new Stripe(apiKey, {
    timeout: timeoutMs,
    maxNetworkRetries: 0,
    telemetry: false,
    ...(url && { host: url.hostname, port: url.port, protocol: url.protocol === "http:" ? "http" : "https" }),
  });
  return stateOf(stripe.balance.retrieve(), timeoutMs, (err) =>
    err instanceof Stripe.errors.StripeError && err.statusCode !== 403 ? err.statusCode : undefined,
  );
}

/** Asks Shippo for one of the account's addresses. */
export function askShippo({ apiKey, baseUrl, timeoutMs }: Question): Promise<KeyState> {
  const shippo = new Shippo({
    apiKeyHeader: `ShippoToken ${apiKey.replace(/^ShippoToken\s+/, "")}`,
    shippoApiVersion: "2018-02-08",
    timeoutMs,
    retryConfig: { strategy: "none" },
    ...(baseUrl !== undefined && { serverURL: baseUrl }),
  });
  return stateOf(shippo.addresses.list(1, 1), timeoutMs, (err) =>
    err instanceof ShippoError ? err.statusCode : undefined,
  );
}

/** Asks SendGrid what the key may do. */
export function askSendgrid({ apiKey, baseUrl, timeoutMs }: Question): Promise<KeyState> {
  const { Client } = sendgridClient as unknown as { Client: new () => typeof sendgridClient };
  const client = new Client();
  client.setApiKey(apiKey);
  if (baseUrl !== undefined) client.setDefaultRequest("baseUrl", baseUrl);
  return stateOf(client.request({ method: "GET", url: "/v3/scopes" }), timeoutMs, (err) => {
    const { code } = err as { code?: unknown };
    return typeof code === "number" ? code : undefined;
  });
}

/** Asks Twilio for the account. */
export function askTwilio({
  accountSid,
  apiKey,
  baseUrl,
  timeoutMs,
}: Question & { accountSid: string }): Promise<KeyState> {
  const httpClient = new twilio.RequestClient({ timeout: timeoutMs });
  if (baseUrl !== undefined) {
    const ask = httpClient.request.bind(httpClient);
    httpClient.request = (opts) => ask({ ...opts, uri: baseUrl + new URL(opts.uri).pathname });
  }
  const client = twilio(accountSid, apiKey, { httpClient });
  return stateOf(client.api.v2010.accounts(accountSid).fetch(), timeoutMs, (err) =>
    err instanceof twilio.RestException ? err.status : undefined,
  );
}

/** An answer that the SDK does not understand is one of a vendor that knows the key, unless its status says otherwise. */
async function stateOf(
  answer: Promise<unknown>,
  timeoutMs: number,
  statusOf: (err: unknown) => number | undefined,
): Promise<KeyState> {
  try {
    const accepted = answer.then(() => "accepted" as const);
    return await within(accepted, { ms: timeoutMs, late: () => "no answer" as const });
  } catch (err) {
    if (err instanceof Stripe.errors.StripePermissionError) return "accepted";
    const status = statusOf(err);
    if (status === 401 || status === 403) return "refused";
    return status !== undefined && status < 300 ? "accepted" : "no answer";
  }
}
