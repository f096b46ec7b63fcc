export const doubtfulRates = `
-- Rates whose purchase was taken over: their labels may exist, and are looked for before anything is bought.
alter table shipment add column doubtful_rates text[] not null default '{}';
-- A purchase that is under way, or was refused after one that had no known end, before this was kept.
update shipment set doubtful_rates = array[rate_id] where buy_attempts > 1 and state <> 'LABELED' and rate_id <> '';
`;
