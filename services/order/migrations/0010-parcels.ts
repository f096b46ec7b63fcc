export const parcels = `
-- What becomes of a parcel is learned several times, and stands in the timeline once.
create unique index event_parcel_key on event (order_id, kind, data)
  where kind in ('shipped', 'delivered', 'returned', 'delivery_failed', 'return_shipped', 'return_delivered');
`;
