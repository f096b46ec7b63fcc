export { idempotencyLease as keyLeases } from "../../../lib/idempotency/idempotency.ts";
