export const refunds = `
-- Money given back for parts of orders. A row is written before Payment is asked, and counts from then on.
create table refund (
  id text not null,
  order_id text not null,
  -- [{"sku", "quantity"}]
  items jsonb not null,
  shipping boolean not null,
  amount bigint not null,
  reason text not null,
  state text not null,
  request_id text,
  request_fingerprint bytea not null,
  create_time timestamptz not null default now(),
  constraint refund_pkey primary key (id),
  constraint refund_request_key unique (order_id, request_id),
  constraint refund_amount check (amount >= 0),
  constraint refund_state check (state in ('PENDING', 'DONE'))
);
`;
