export const lateMoney = `
alter table orders
  -- What was decided about money that came after the order had ended: REVIVE
  -- while the order is being made good for it, RETURN once it goes back.
  add column late_money text,
  -- When the sweep asks for a payment that nobody moves, and how often it has.
  add column poll_time timestamptz,
  add column polls integer not null default 0,
  add constraint orders_late_money check (late_money in ('REVIVE', 'RETURN')),
  add constraint orders_payment_state check (payment_state in
    ('PROCESSING', 'REQUIRES_ACTION', 'AWAITING_TRANSFER', 'CAPTURED', 'FAILED', 'REFUNDED')),
  -- An order has one attempt at a time: its id and its state stand in the order's row, both or neither.
  add constraint orders_one_attempt check ((payment_id is null) = (payment_state is null));
create index orders_reviving on orders (id) where late_money = 'REVIVE';

-- What may be learned several times stands in the timeline once.
create unique index event_once on event (order_id, kind, data)
  where kind in ('late_payment', 'refunded', 'partly_refunded');
`;
