export const metadata = `
alter table orders
  -- What the shop front kept with the cart: texts by name.
  add column metadata jsonb not null default '{}';
`;
