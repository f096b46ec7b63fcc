export const init = `
create table cart (
  id text not null,
  version integer not null,
  doc jsonb not null,
  expire_time timestamptz not null,
  constraint cart_pkey primary key (id)
) with (fillfactor = 70);
create index cart_expired on cart (expire_time);
`;
