export const init = `
create table payment (
  id text not null,
  order_id text not null,
  state text not null,
  currency_code text not null,
  amount bigint not null,
  refunded bigint not null default 0,
  method text not null,
  -- The provider's name of the buyer's card; never a card number.
  source text not null default '',
  email text not null default '',
  provider_id text,
  client_secret text not null default '',
  redirect_url text not null default '',
  account_number text,
  reference text,
  deadline timestamptz,
  decline_code text not null default '',
  decline_message text not null default '',
  create_time timestamptz not null default now(),
  update_time timestamptz not null default now(),
  constraint payment_pkey primary key (id),
  constraint payment_provider_id_key unique (provider_id),
  constraint payment_reference_key unique (reference),
  constraint payment_amount_positive check (amount > 0),
  constraint payment_refunded_range check (refunded >= 0 and refunded <= amount),
  constraint payment_state check (state in ('PROCESSING', 'REQUIRES_ACTION', 'AWAITING_TRANSFER',
    'AUTHORIZED', 'CAPTURED', 'FAILED', 'CANCELED', 'REFUNDED'))
) with (fillfactor = 80);

-- One live attempt per order, whatever calls at the same time.
create unique index payment_live_key on payment (order_id)
  where state in ('PROCESSING', 'REQUIRES_ACTION', 'AWAITING_TRANSFER', 'AUTHORIZED', 'CAPTURED');
create index payment_by_order on payment (order_id, id);

create table refund (
  id text not null,
  payment_id text not null,
  request_id text,
  request_fingerprint bytea not null,
  amount bigint not null,
  reason text not null,
  provider_id text,
  state text not null,
  create_time timestamptz not null default now(),
  constraint refund_pkey primary key (id),
  constraint refund_payment_fkey foreign key (payment_id) references payment (id),
  constraint refund_request_key unique (payment_id, request_id),
  constraint refund_amount_positive check (amount > 0),
  constraint refund_state check (state in ('PENDING', 'COMPLETED', 'FAILED'))
);
create index refund_pending on refund (create_time) where state = 'PENDING';
`;
