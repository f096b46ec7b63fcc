import { idempotencyLease, idempotencyTable } from "../../../lib/idempotency/idempotency.ts";

export const init = `
create table endpoint (
  id text not null,
  url text not null,
  event_types text[] not null,
  description text not null,
  disabled boolean not null,
  disabled_reason text not null default '',
  -- Sealed: see secret-box.ts.
  secret bytea not null,
  previous_secret bytea,
  previous_expire_time timestamptz,
  -- The first failure since something last got through.
  failing_since timestamptz,
  revision bigint not null default 1,
  create_time timestamptz not null,
  update_time timestamptz not null,
  constraint endpoint_pkey primary key (id),
  constraint endpoint_disabled_reason check
    (disabled_reason = '' or (disabled and disabled_reason in ('GONE', 'FAILING'))),
  constraint endpoint_previous_secret check ((previous_secret is null) = (previous_expire_time is null))
);

create table event (
  id text not null,
  type text not null,
  subject text not null,
  -- JSON as it came.
  data text not null,
  event_time timestamptz not null,
  create_time timestamptz not null,
  constraint event_pkey primary key (id)
);
create index event_by_subject on event (subject);
create index event_by_create_time on event (create_time);

create table delivery (
  id text not null,
  endpoint_id text not null,
  event_id text not null,
  state text not null default 'PENDING',
  -- How often it was tried in all, and since it was last asked for: the schedule goes by the latter.
  attempt_count integer not null default 0,
  round_attempts integer not null default 0,
  -- When it is tried next; while it is being tried, when whoever does counts as dead.
  due_time timestamptz,
  constraint delivery_pkey primary key (id),
  constraint delivery_once unique (endpoint_id, event_id),
  constraint delivery_endpoint_fkey foreign key (endpoint_id) references endpoint (id) on delete cascade,
  constraint delivery_event_fkey foreign key (event_id) references event (id) on delete cascade,
  constraint delivery_state check (state in ('PENDING', 'DELIVERED', 'FAILED')),
  constraint delivery_due_time check ((state = 'PENDING') = (due_time is not null))
) with (fillfactor = 80);
create index delivery_due on delivery (endpoint_id, due_time) where state = 'PENDING';
create index delivery_by_endpoint on delivery (endpoint_id, id);
create index delivery_by_event on delivery (event_id);
create index delivery_by_state on delivery (state, id);

create table attempt (
  id bigint generated always as identity,
  delivery_id text not null,
  status_code integer not null,
  error text not null,
  response text not null,
  duration_ms integer not null,
  attempt_time timestamptz not null,
  constraint attempt_pkey primary key (id),
  constraint attempt_delivery_fkey foreign key (delivery_id) references delivery (id) on delete cascade
);
create index attempt_by_delivery on attempt (delivery_id, id);
${idempotencyTable}
${idempotencyLease}`;
