import { outboxLease } from "../../../lib/outbox/index.ts";

/** What other systems are told of stands in the timeline; what stood there before they could be is not told. */
export const outbox = `
alter table event add column published boolean not null default true;
alter table event alter column published set default false;
create index event_unpublished on event (id)
  where not published
    and kind in ('placed', 'paid', 'fulfilled', 'canceled', 'expired', 'refunded', 'partly_refunded');
${outboxLease}`;
