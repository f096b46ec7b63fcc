import type { Deliveries, WebhookMessage, WebhookVendor } from "./deliveries.ts";

/** What each vendor's webhooks tell, by the name the vendor gives it; a vendor that is not named tells everything. */
export type WebhookEvents = Partial<Record<WebhookVendor, readonly string[]>>;

/** What receivers check signatures with, where it is made by the sandbox itself. */
export interface WebhookKeys {
  /** The public key of SendGrid's events: base64 of its DER form. The same as long as the data folder is. */
  sendgrid: string;
}

/** Queues one of a vendor's webhooks for the shop, or for `url` when the request named another receiver. */
export type Tell = (message: Omit<WebhookMessage, "url"> & { url?: string }) => void;

/** Where the shop listens: `<base>/v1/webhooks/<vendor>`. Without a base only messages with a URL are sent. */
export function createTell({
  deliveries,
  baseUrl,
  events = {},
  shippoToken,
}: {
  deliveries: Pick<Deliveries, "queue">;
  baseUrl: string | undefined;
  events?: WebhookEvents | undefined;
  /** Shippo signs nothing: its URL carries this. */
  shippoToken: string;
}): Tell {
  const urlOf = (vendor: WebhookVendor) =>
    `${baseUrl}/v1/webhooks/${vendor}${vendor === "shippo" ? `?token=${encodeURIComponent(shippoToken)}` : ""}`;
  return ({ url, ...message }) => {
    const { vendor, type } = message;
    if (events[vendor] && !events[vendor].includes(type)) return;
    if (url !== undefined) deliveries.queue({ ...message, url });
    else if (baseUrl !== undefined) deliveries.queue({ ...message, url: urlOf(vendor) });
  };
}
