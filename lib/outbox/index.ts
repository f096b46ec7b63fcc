export type { OutboxEvent, OutboxRow } from "./event.ts";
export { eventData } from "./event.ts";
export type { Relay, RelayParts } from "./relay.ts";
export { createRelay } from "./relay.ts";
export { outboxLease } from "./store-lease.ts";
