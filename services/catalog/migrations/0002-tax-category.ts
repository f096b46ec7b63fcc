export const taxCategory = `
-- Empty: taxed as most goods are.
alter table products add column tax_category text collate "C" not null default '';
`;
