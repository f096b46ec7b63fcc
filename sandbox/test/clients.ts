import sendgridClient from "@sendgrid/client";
import sendgridMail from "@sendgrid/mail";
import { Shippo } from "shippo";
import Stripe from "stripe";
import twilio from "twilio";

type RequestOptions<T> = Parameters<typeof twilio.RequestClient.prototype.request<T>>[0];
type TwilioResponse<T> = Awaited<ReturnType<typeof twilio.RequestClient.prototype.request<T>>>;

import { SANDBOX_KEYS } from "../sandbox.ts";

// The packages' types tell of one shared client only, but the classes are there.
const { Client } = sendgridClient as unknown as { Client: new () => typeof sendgridClient };
const { MailService } = sendgridMail as unknown as {
  MailService: new () => typeof sendgridMail & { setClient(client: typeof sendgridClient): void };
};

/** The vendors' SDKs, pointed to a sandbox. They do not retry, so that tests see every answer. */
export function sdkClients(url: string) {
  const { hostname, port } = new URL(url);
  const stripe = new Stripe(SANDBOX_KEYS.stripe, {
    host: hostname,
    port: Number(port),
    protocol: "http",
    telemetry: false,
    maxNetworkRetries: 0,
  });
  const shippo = new Shippo({
    apiKeyHeader: SANDBOX_KEYS.shippo,
    serverURL: url,
    shippoApiVersion: "2018-02-08",
  });
  const mail = new MailService();
  const client = new Client();
  client.setApiKey(SANDBOX_KEYS.sendgrid);
  client.setDefaultRequest("baseUrl", url);
  mail.setClient(client);
  const sms = twilio(SANDBOX_KEYS.twilioAccountSid, SANDBOX_KEYS.twilioAuthToken, {
    httpClient: new RedirectingClient(url),
  });
  return { stripe, shippo, mail, sms };
}

/** Twilio's SDK takes no base URL; its HTTP client can be told another origin. */
class RedirectingClient extends twilio.RequestClient {
  readonly #origin: string;

  constructor(origin: string) {
    super();
    this.#origin = origin;
  }

  override async request<T>(options: RequestOptions<T>): Promise<TwilioResponse<T>> {
    const uri = new URL(options.uri);
    return await super.request<T>({ ...options, uri: this.#origin + uri.pathname + uri.search });
  }
}
