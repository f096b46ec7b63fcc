import { idempotencyLease, idempotencyTable } from "../../../lib/idempotency/idempotency.ts";
import { webhookTable } from "../../../lib/webhooks/index.ts";

export const delivery = `
-- What became of a message that its provider took: the provider says so later.
alter table message
  drop constraint message_state,
  drop constraint message_sent,
  add constraint message_state check (state in ('PENDING', 'SENT', 'REFUSED', 'DELIVERED', 'UNDELIVERED')),
  add constraint message_sent check ((state in ('PENDING', 'REFUSED')) = (send_time is null));
create index message_of_provider on message (channel, provider_id) where provider_id <> '';
${idempotencyTable}${idempotencyLease}${webhookTable}`;
