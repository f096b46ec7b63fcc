export type { IncomingEvent, StoredEvent, WebhookEvent, WebhookState } from "./event.ts";
export { toWebhookEventMessage } from "./event.ts";
export type { Inbox, InboxDeps, WebhookWork } from "./inbox.ts";
export { createInbox, defineWebhookQueue } from "./inbox.ts";
export { failWebhook } from "./reasons.ts";
export { webhookTable } from "./table.ts";
