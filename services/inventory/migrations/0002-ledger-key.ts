/** One index in place of two: entries are read by SKU, the newest first, and written in every hold. */
export const ledgerKey = `
alter table ledger drop constraint ledger_pkey;
drop index ledger_by_sku;
alter table ledger add constraint ledger_pkey primary key (sku, id);
`;
