export const providerTransfers = `
alter table payment
  -- Whether the provider takes the transfer, into an account of its own.
  add column via_provider boolean not null default false,
  -- The provider's id of who pays; one for each payment.
  add column payer_id text,
  -- The account to pay to.
  add column bank_account jsonb;
create unique index payment_payer_key on payment (payer_id) where payer_id is not null;
-- Those that are always compared with the provider, however long ago they changed.
create index payment_awaited on payment (id) where via_provider and state = 'AWAITING_TRANSFER';

-- References that the provider makes need not differ from each other.
alter table payment drop constraint payment_reference_key;
create unique index payment_reference_key on payment (reference) where not via_provider;

alter table refund
  -- What of it the payment had never used: an excess, or what came for one that was given up.
  add column from_unused bigint not null default 0,
  add constraint refund_from_unused_range check (from_unused between 0 and amount);
`;
