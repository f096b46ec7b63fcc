export const init = `
-- Who is making an order of a cart. The lease lets another call go on after a
-- crash; it is infinite once the order exists.
create table checkout (
  cart_id text not null,
  order_id text not null,
  lease_until timestamptz not null,
  constraint checkout_pkey primary key (cart_id)
);

create table orders (
  id text not null,
  cart_id text not null,
  owner text not null,
  state text not null,
  currency_code text not null,
  lines jsonb not null,
  contact jsonb not null,
  shipping_address jsonb not null,
  shipment_id text not null,
  shipping_methods jsonb not null,
  shipping_method_id text not null default '',
  item_total bigint not null,
  shipping_total bigint not null default 0,
  -- The reservation that holds the goods: the order's id, unless they had to
  -- be reserved again for money that came late.
  reservation_id text not null,
  hold_expire_time timestamptz not null,
  payment_id text,
  payment_state text,
  payment jsonb,
  fulfilling boolean not null default false,
  fulfillment jsonb,
  cancel_reason text not null default '',
  request_id text not null,
  request_fingerprint bytea not null,
  place_response bytea not null,
  create_time timestamptz not null default now(),
  update_time timestamptz not null default now(),
  constraint orders_pkey primary key (id),
  constraint orders_cart_id_key unique (cart_id),
  constraint orders_state check (state in ('PENDING_PAYMENT', 'PAID', 'FULFILLED', 'CANCELED', 'EXPIRED')),
  constraint orders_totals check (item_total >= 0 and shipping_total >= 0)
) with (fillfactor = 60);
create index orders_by_state on orders (state, id desc);
create index orders_by_email on orders ((contact ->> 'email'), id desc);
create index orders_hold_due on orders (hold_expire_time) where state = 'PENDING_PAYMENT';

-- One row per PayOrder call with its key, so that a repeated call finds its attempt.
create table payment_attempt (
  payment_id text not null,
  order_id text not null,
  request_id text,
  request_fingerprint bytea not null,
  create_time timestamptz not null default now(),
  constraint payment_attempt_pkey primary key (payment_id),
  constraint payment_attempt_request_key unique (order_id, request_id)
);

create table event (
  id bigint generated always as identity,
  order_id text not null,
  kind text not null,
  data jsonb not null,
  create_time timestamptz not null default now(),
  constraint event_pkey primary key (id)
);
create index event_by_order on event (order_id, id);
`;
