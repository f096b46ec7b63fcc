export type { OutboxEvent, OutboxRow } from "./event.ts";
export { eventData } from "./event.ts";
export type { Relay } from "./relay.ts";
export { createRelay } from "./relay.ts";
export { outboxLease } from "./store-lease.ts";
