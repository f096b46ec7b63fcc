export const disputes = `
-- Where a dispute stands is learned several times, too, and noted once.
create unique index event_disputed_once on event (order_id, kind, data) where kind = 'disputed';
`;
