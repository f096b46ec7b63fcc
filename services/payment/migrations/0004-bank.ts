export const bank = `
alter table payment add column received bigint not null default 0;
update payment set received = amount where state in ('CAPTURED', 'REFUNDED') or refunded > 0;
alter table payment
  drop constraint payment_refunded_range,
  -- Nothing goes back that did not come.
  add constraint payment_refunded_range check (refunded >= 0 and refunded <= received),
  -- Never paid without the whole amount.
  add constraint payment_captured_whole check (state <> 'CAPTURED' or received >= amount);
-- Of the shop's own accounts; a provider may give a buyer the same one again.
create unique index payment_account_number_key on payment (account_number) where provider_id is null;

alter table refund add column excess boolean not null default false;

-- Money that came in on an account of the shop, as the bank's statements say.
create table bank_transaction (
  id text not null,
  -- What tells it from the others of its account: the bank's id of it, or else a digest of all that the row says.
  account text not null,
  key text not null,
  state text not null,
  booking_date date not null,
  currency_code text not null,
  amount bigint not null,
  reference text not null,
  description text not null,
  transaction_id text not null,
  payment_id text,
  note text not null,
  create_time timestamptz not null default now(),
  constraint bank_transaction_pkey primary key (id),
  constraint bank_transaction_key unique (account, key),
  constraint bank_transaction_payment_fkey foreign key (payment_id) references payment (id),
  constraint bank_transaction_amount_positive check (amount > 0),
  constraint bank_transaction_state check (state in ('UNMATCHED', 'ASSIGNED', 'DISMISSED')),
  constraint bank_transaction_payment check ((state = 'ASSIGNED') = (payment_id is not null))
);
create index bank_transaction_by_state on bank_transaction (state, id);
create index bank_transaction_by_payment on bank_transaction (payment_id, id) where payment_id is not null;
`;
