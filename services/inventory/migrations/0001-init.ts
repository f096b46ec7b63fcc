import { idempotencyTable } from "../../../lib/idempotency/idempotency.ts";

export const init = `
create table stock (
  sku text not null,
  location_id text not null,
  on_hand bigint not null,
  reserved bigint not null default 0,
  backorder_limit bigint not null default 0,
  update_time timestamptz not null default now(),
  constraint stock_pkey primary key (sku, location_id),
  constraint stock_on_hand_range check (on_hand >= 0),
  constraint stock_backorder_range check (backorder_limit >= 0),
  constraint stock_reserved_range check (reserved >= 0 and reserved <= on_hand + backorder_limit)
) with (fillfactor = 70);

create table reservation (
  id text not null,
  state text not null,
  skus text[] not null,
  quantities bigint[] not null,
  expire_time timestamptz not null,
  create_time timestamptz not null default now(),
  constraint reservation_pkey primary key (id),
  constraint reservation_state check (state in ('HELD', 'COMMITTED', 'RELEASED', 'EXPIRED', 'RESTOCKED'))
) with (fillfactor = 80);

-- What is held now: a row lives exactly as long as its units count in stock.reserved.
create table hold (
  reservation_id text not null,
  sku text not null,
  location_id text not null,
  quantity bigint not null,
  expire_time timestamptz not null,
  constraint hold_pkey primary key (reservation_id, sku, location_id),
  constraint hold_quantity_positive check (quantity > 0)
);
create index hold_by_sku on hold (sku, location_id, expire_time);
create index hold_due on hold (expire_time);

create table ledger (
  id bigint generated always as identity,
  sku text not null,
  location_id text not null,
  on_hand_delta bigint not null,
  reserved_delta bigint not null,
  backorder_delta bigint not null default 0,
  reason text not null,
  reservation_id text,
  create_time timestamptz not null default now(),
  constraint ledger_pkey primary key (id)
);
create index ledger_by_sku on ledger (sku, id desc);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger is append-only';
end $$;
create trigger ledger_append_only before update or delete or truncate on ledger
  for each statement execute function refuse_change();
${idempotencyTable}`;
