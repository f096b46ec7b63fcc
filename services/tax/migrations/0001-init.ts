import { idempotencyTable } from "../../../lib/idempotency/idempotency.ts";

/**
 * Tax rates. `region_key` is how regions are compared; of one name there is one rate for a place and a category. Texts
 * sort by bytes on every server, so that page cursors mean the same everywhere.
 */
export const init = `
${idempotencyTable}
create table tax_rate (
  id text collate "C" not null,
  name text collate "C" not null,
  country_code text collate "C" not null,
  region text not null,
  region_key text collate "C" not null,
  tax_category text collate "C" not null,
  rate_millionths integer not null,
  included boolean not null,
  revision bigint not null default 1,
  create_time timestamptz not null,
  update_time timestamptz not null,
  constraint tax_rate_pkey primary key (id),
  constraint tax_rate_place_key unique (country_code, region_key, name, tax_category),
  constraint tax_rate_range check (rate_millionths between 0 and 1000000)
);
`;
