import { idempotencyTable } from "../../../lib/idempotency/idempotency.ts";
import { webhookTable } from "../../../lib/webhooks/index.ts";

export const webhooks = `${idempotencyTable}${webhookTable}`;
