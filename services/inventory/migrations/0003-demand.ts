/**
 * What is owed to buyers, at which level a SKU runs low, and who waits for one. What was sold beyond what was on hand
 * before counts as delivered: nothing says how much of it was.
 */
export const demand = `
alter table stock
  add column owed bigint not null default 0,
  -- What comes in goes to those who wait first.
  add constraint stock_owed_range check (owed >= 0 and (owed = 0 or on_hand = 0));
alter table ledger add column owed_delta bigint not null default 0;

create table stock_threshold (
  sku text not null,
  threshold bigint not null,
  constraint stock_threshold_pkey primary key (sku),
  constraint stock_threshold_range check (threshold >= 0)
);

create table stock_notice (
  id text not null,
  sku text not null,
  email text not null,
  create_time timestamptz not null,
  -- Since when a job has it; null while the SKU cannot be had.
  claim_time timestamptz,
  constraint stock_notice_pkey primary key (id)
);
create unique index stock_notice_key on stock_notice (sku, lower(email));
create index stock_notice_by_email on stock_notice (lower(email));
`;
