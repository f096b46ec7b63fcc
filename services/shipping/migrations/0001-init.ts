export const init = `
create table shipment (
  id text not null,
  order_id text not null,
  state text not null,
  -- SHA-256 of the request that made it: the same id with another content is refused.
  fingerprint bytea not null,
  address jsonb not null,
  -- Quoted once and never changed, so they live in the row: [{id, carrier, service, currency_code, amount, …}].
  rates jsonb not null,
  rate_id text not null default '',
  provider_id text not null,
  tracking_number text not null default '',
  tracking_url text not null default '',
  label_url text not null default '',
  -- Attempts to buy the label since the last refusal; a call that finds one before its own looks the label up first.
  buy_attempts integer not null default 0,
  -- While BUYING: until then the purchase belongs to the call that started it.
  buying_until timestamptz,
  create_time timestamptz not null,
  update_time timestamptz not null,
  constraint shipment_pkey primary key (id),
  constraint shipment_state check (state in ('RATED', 'BUYING', 'LABELED')),
  constraint shipment_lease check ((state = 'BUYING') = (buying_until is not null)),
  constraint shipment_bought_rate check (state = 'RATED' or rate_id <> ''),
  constraint shipment_label check ((state = 'LABELED') = (label_url <> ''))
);
create index shipment_newest on shipment (create_time desc, id desc);
create index shipment_of_order on shipment (order_id, create_time desc, id desc);
`;
