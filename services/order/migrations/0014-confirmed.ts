export const confirmed = `
-- What the buyer was last told, or need not be told, while the order stands still: that it is placed, that it is paid.
-- Of the orders that there are nobody is told any more.
alter table orders add column confirmed text not null default 'PAID';
alter table orders alter column confirmed set default '',
  add constraint orders_confirmed check (confirmed in ('', 'PLACED', 'PAID'));
create index orders_unconfirmed on orders (create_time)
  where (state = 'PENDING_PAYMENT' and confirmed = '') or (state = 'PAID' and confirmed <> 'PAID');
`;
