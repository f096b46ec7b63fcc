/** Where stock is kept. `main` is there from the beginning; what stood in the stock is taken over. */
export const locations = `
create table location (
  id text not null,
  name text not null,
  priority integer not null,
  paused boolean not null,
  create_time timestamptz not null,
  update_time timestamptz not null,
  constraint location_pkey primary key (id)
);
insert into location (id, name, priority, paused, create_time, update_time)
  select 'main', 'Main', 0, false, now(), now()
  union all
  select distinct location_id, location_id, 0, false, now(), now() from stock where location_id <> 'main';
alter table stock add constraint stock_location foreign key (location_id) references location (id);

-- Where each of the units are held, or were: beside skus and quantities, which name a SKU once for each of its
-- locations. Null: all of them at main.
alter table reservation add column locations text[];
`;
