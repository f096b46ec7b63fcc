import { idempotencyTable } from "../../../lib/idempotency/idempotency.ts";

export const init = `
${idempotencyTable}
-- What is known of a customer besides the account; made when there is something to know.
create table profile (
  id text collate "C" not null,
  email text not null default '',
  email_verified boolean not null default false,
  name text not null default '',
  phone text not null default '',
  language text not null default '',
  accepts_marketing boolean not null default false,
  -- Counts the changes; 0 is a profile of which nothing is known.
  revision bigint not null default 0,
  create_time timestamptz not null,
  update_time timestamptz not null,
  constraint profile_pkey primary key (id)
);
create index profile_by_email on profile (lower(email), id desc) where email <> '';

create table address (
  id text collate "C" not null,
  customer_id text collate "C" not null,
  label text not null,
  address jsonb not null,
  is_default boolean not null,
  create_time timestamptz not null,
  constraint address_pkey primary key (id),
  constraint address_customer_id_fkey foreign key (customer_id) references profile (id) on delete cascade
);
create index address_of_customer on address (customer_id, id desc);
-- One default address of a customer, whatever is written at the same time.
create unique index address_default_key on address (customer_id) where is_default;

-- Who asked to be forgotten. The row stays: it is all that is left, and keeps the customer from being recorded anew.
create table erasure (
  customer_id text collate "C" not null,
  request_time timestamptz not null,
  complete_time timestamptz,
  constraint erasure_pkey primary key (customer_id)
);
`;
