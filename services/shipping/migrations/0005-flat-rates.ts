export const flatRates = `
create table flat_rate (
  id text collate "C" not null,
  title text not null,
  -- [{countryCode, regions, excludedRegions}]; empty: everywhere.
  destinations jsonb not null,
  everywhere_else boolean not null,
  -- [{currencyCode, amount, goodsFrom, maxWeightG}], the amounts in minor units as text.
  tiers jsonb not null,
  estimated_days integer not null,
  revision bigint not null default 1,
  create_time timestamptz not null,
  update_time timestamptz not null,
  constraint flat_rate_pkey primary key (id)
);
-- What the buyer pays for the goods, in minor units of the currency that was asked for; 0 when it was not said.
alter table shipment add column currency_code text not null default '';
alter table shipment add column goods_total bigint not null default 0;
-- How the recipient is reached: {email, phone}.
alter table shipment add column contact jsonb not null default '{"email": "", "phone": ""}';
-- [{sku, quantity, title, unit: {lengthMm, widthMm, heightMm, weightG}, unitPrice}]; empty when it was not said.
alter table shipment add column items jsonb not null default '[]';
-- READY: it goes at a flat rate, and the merchant is to ship it. SHIPPED: the merchant has. SPLIT: others carry its goods.
alter table shipment drop constraint shipment_state;
alter table shipment add constraint shipment_state
  check (state in ('RATED', 'BUYING', 'LABELED', 'READY', 'SHIPPED', 'SPLIT'));
alter table shipment drop constraint shipment_bought_rate;
alter table shipment add constraint shipment_bought_rate
  check (state in ('RATED', 'SPLIT', 'SHIPPED') or rate_id <> '');
-- Who carries what the merchant has shipped, as the merchant says; empty for a carrier's label, whose rate says it.
alter table shipment add column carrier text not null default '';
`;
