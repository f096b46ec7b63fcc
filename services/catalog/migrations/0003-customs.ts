export const customs = `
-- For customs; empty: not known.
alter table variants
  add column origin_country_code text collate "C" not null default '',
  add column tariff_number text collate "C" not null default '';
`;
