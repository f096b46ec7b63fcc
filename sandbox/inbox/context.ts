import type { Faults } from "../faults/faults.ts";
import type { SandboxRequest } from "../http/message.ts";
import type { SendgridRecords } from "../sendgrid/records.ts";
import type { ShippoRecords } from "../shippo/records.ts";
import type { StripeContext } from "../stripe/context.ts";
import type { TwilioRecords } from "../twilio/messages.ts";
import type { Deliveries } from "../webhooks/deliveries.ts";
import type { Tell, WebhookKeys } from "../webhooks/targets.ts";
import type { Html } from "./html.ts";
import type { Tab } from "./layout.ts";

/** What the inbox shows, all of it read from the vendors' own records. */
export interface InboxContext {
  readonly stripe: StripeContext;
  readonly shippo: ShippoRecords;
  readonly sendgrid: SendgridRecords;
  readonly twilio: TwilioRecords;
  readonly deliveries: Deliveries;
  readonly faults: Faults;
  readonly webhookKeys: WebhookKeys;
  readonly tell: Tell;
  now(): number;
  baseUrl(): string;
  /** Where the picture of a label is. */
  labelUrl(transaction: string): string;
}

export interface Visit {
  readonly request: SandboxRequest;
  readonly query: URLSearchParams;
  readonly path: Record<string, string>;
}

/** One section: its page, and the same items for programs. */
export interface Section {
  readonly tab: Tab;
  readonly title: string;
  count(): number;
  page(visit: Visit): Html;
  /** Newest first; `to` narrows the list as the section understands it. */
  items(query: ItemsQuery): { items: object[]; more: boolean };
}

export interface ItemsQuery {
  to: string | undefined;
  limit: number;
  offset: number;
  /** Only items older than the one of this id: pages so turned neither miss nor repeat an item while more arrive. */
  after?: string;
  /** Only what tells items apart and what became of them, for programs that read many: e-mails without texts. */
  brief: boolean;
}

/** Items on one page of a section. */
export const PAGE_SIZE = 40;

export function pageOf(query: URLSearchParams): number {
  const page = query.get("page") ?? "1";
  return /^[1-9]\d{0,5}$/.test(page) ? Number(page) : 1;
}
