export const disputes = `
-- Objections of buyers, as the provider has them.
create table dispute (
  id text not null,
  payment_id text not null,
  provider_id text not null,
  currency_code text not null,
  amount bigint not null,
  withdrawn bigint not null,
  reason text not null,
  status text not null,
  due_time timestamptz,
  -- Which look at the provider it is from: what an earlier one saw does not take its place.
  look bigint not null,
  create_time timestamptz not null,
  update_time timestamptz not null default now(),
  constraint dispute_pkey primary key (id),
  constraint dispute_provider_id_key unique (provider_id),
  constraint dispute_payment_fkey foreign key (payment_id) references payment (id),
  constraint dispute_withdrawn_range check (withdrawn between 0 and amount),
  constraint dispute_status check (status in ('INQUIRY_NEEDS_RESPONSE', 'INQUIRY_UNDER_REVIEW', 'INQUIRY_CLOSED',
    'NEEDS_RESPONSE', 'UNDER_REVIEW', 'WON', 'LOST', 'PREVENTED'))
);
create index dispute_by_payment on dispute (payment_id, id);
create index dispute_by_status on dispute (status, id desc);
-- Numbers the looks.
create sequence dispute_look;

-- Whether it has disputes: they are read only then.
alter table payment add column disputed boolean not null default false;

alter table outbox
  drop constraint outbox_kind,
  add constraint outbox_kind check (kind in ('captured', 'failed', 'refunded', 'disputed'));
`;
