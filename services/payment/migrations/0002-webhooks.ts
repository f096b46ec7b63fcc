import { idempotencyLease, idempotencyTable } from "../../../lib/idempotency/idempotency.ts";
import { webhookTable } from "../../../lib/webhooks/index.ts";

export const webhooks = `
${webhookTable}
${idempotencyTable}
${idempotencyLease}
-- Whether a payment changed since a time is what reconciling asks.
create index payment_by_update on payment (update_time);
create index refund_by_payment on refund (payment_id, id);
`;
