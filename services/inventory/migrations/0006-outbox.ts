import { outboxLease } from "../../../lib/outbox/index.ts";

/** Who publishes `stock_event`. */
export const outbox = outboxLease;
