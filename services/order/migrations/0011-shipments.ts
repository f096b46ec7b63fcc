export const shipments = `
-- Its parcels, the oldest first: [{id, state, items, carrier, trackingNumber, trackingUrl, labelUrl}].
alter table orders add column shipments jsonb not null default '[]';
-- Whether the merchant ships a parcel by itself: what began so is never taken back.
alter table orders add column handed_over boolean not null default false;
`;
