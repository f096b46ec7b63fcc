export const refusedCodes = `
-- Codes of the cart that gave nothing: [{"code", "reason"}].
alter table orders add column refused_codes jsonb not null default '[]';
`;
