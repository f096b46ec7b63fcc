import { idempotencyLease, idempotencyTable } from "../../../lib/idempotency/idempotency.ts";

export const keys = idempotencyTable + idempotencyLease;
