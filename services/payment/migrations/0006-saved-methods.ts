export const savedMethods = `
-- Customers who have saved a payment method, as the provider knows them.
create table provider_customer (
  customer_id text not null,
  provider_id text not null,
  create_time timestamptz not null default now(),
  constraint provider_customer_pkey primary key (customer_id),
  constraint provider_customer_provider_id_key unique (provider_id)
);

create table payment_method (
  id text not null,
  customer_id text not null,
  provider_id text not null,
  brand text not null,
  last4 text not null,
  expiry_month integer not null,
  expiry_year integer not null,
  create_time timestamptz not null default now(),
  -- When its customer deleted it; the row goes once the provider has forgotten it, too.
  delete_time timestamptz,
  constraint payment_method_pkey primary key (id),
  constraint payment_method_provider_id_key unique (provider_id),
  constraint payment_method_customer_fkey foreign key (customer_id)
    references provider_customer (customer_id) on delete cascade
);
create index payment_method_by_customer on payment_method (customer_id, id desc);
create index payment_method_deleted on payment_method (delete_time) where delete_time is not null;

alter table payment
  -- Who pays with a saved method, or saves one; empty of all others.
  add column customer_id text not null default '',
  add column save_method boolean not null default false;
create index payment_by_customer on payment (customer_id) where customer_id <> '';
`;
