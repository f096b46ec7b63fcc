/** SKUs that ran low, and what is to be told of them. */
export const alerts = `
create table stock_alert (
  id text not null,
  sku text not null,
  available bigint not null,
  threshold bigint not null,
  create_time timestamptz not null,
  -- When nothing was left, if it came to that.
  out_time timestamptz,
  resolve_time timestamptz,
  constraint stock_alert_pkey primary key (id)
);
create unique index stock_alert_open on stock_alert (sku) where resolve_time is null;
create index stock_alert_newest on stock_alert (create_time desc, id desc);

-- What happened to an alert, for who tells other systems of it.
create table stock_event (
  id bigint generated always as identity,
  type text not null,
  alert_id text not null,
  sku text not null,
  available bigint not null,
  threshold bigint not null,
  create_time timestamptz not null,
  published boolean not null default false,
  constraint stock_event_pkey primary key (id),
  constraint stock_event_type check (type in ('stock.low', 'stock.out', 'stock.replenished'))
);
create index stock_event_unpublished on stock_event (id) where not published;
`;
