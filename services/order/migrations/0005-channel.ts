export const channel = `
alter table orders
  -- Through which shop front it came; empty for the shop's own.
  add column channel text not null default '',
  -- Whether the buyer fetches the goods: then there may be no address, no contact and no shipment.
  add column pick_up boolean not null default false,
  alter column contact drop not null,
  alter column shipping_address drop not null,
  add constraint orders_delivery check (pick_up or (contact is not null and shipping_address is not null));
create index orders_by_channel on orders (channel, id desc) where channel <> '';
`;
