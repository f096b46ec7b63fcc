export const prices = `
alter table orders
  -- What was redeemed for it, as Redeem was called: [{"promotionId", "code"}].
  add column promotions jsonb not null default '[]',
  -- Discounts and taxes of a line stand in its entry of "lines"; here are their sums, and those of shipping.
  add column item_discount bigint not null default 0,
  add column shipping_discounts jsonb not null default '[]',
  add column shipping_discount bigint not null default 0,
  add column shipping_taxes jsonb not null default '[]',
  add column tax_total bigint not null default 0,
  add column included_tax_total bigint not null default 0,
  add constraint orders_prices check (item_discount between 0 and item_total
    and shipping_discount between 0 and shipping_total and included_tax_total between 0 and tax_total);

-- Whether the order that is being made may have redeemed promotions. Unlike a hold, that does not end by itself.
alter table checkout add column redeeming boolean not null default false;
create index checkout_redeeming on checkout (cart_id) where redeeming;
`;
