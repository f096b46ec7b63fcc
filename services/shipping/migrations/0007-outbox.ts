import { outboxLease } from "../../../lib/outbox/index.ts";

export const outbox = `
-- What other systems are to be told of; a row is deleted once it is published.
create table outbox (
  id bigint generated always as identity,
  shipment_id text not null,
  kind text not null,
  create_time timestamptz not null,
  constraint outbox_pkey primary key (id),
  constraint outbox_kind check (kind in ('labeled', 'shipped', 'delivered', 'returned', 'failed'))
);
${outboxLease}`;
