export const afterTheLabel = `
alter table shipment
  add column label_time timestamptz,
  add column tracking_status text not null default '',
  -- The carrier's entries, the oldest first: [{time, status, details, city, state, postalCode, countryCode}].
  add column tracking_events jsonb not null default '[]',
  -- When the carrier is asked next for the parcel, or for the money of a voided label; null: not at all.
  add column look_time timestamptz,
  -- Labels that were voided, the oldest first: [{rateId, trackingNumber, labelUrl, refund, voidTime}].
  add column voided_labels jsonb not null default '[]',
  -- The shipment whose goods come back with this one.
  add column return_of text not null default '',
  add constraint shipment_tracking_status
    check (tracking_status in ('', 'PRE_TRANSIT', 'TRANSIT', 'DELIVERED', 'RETURNED', 'FAILURE')),
  add constraint shipment_tracked check (tracking_status = '' or tracking_number <> '');
create index shipment_by_number on shipment (tracking_number) where tracking_number <> '';
create index shipment_to_look_at on shipment (look_time) where look_time is not null;
create unique index shipment_return_of_key on shipment (return_of) where return_of <> '';
-- Parcels that are on their way by now.
update shipment set label_time = update_time, look_time = update_time
where state = 'LABELED' and update_time > now() - interval '60 days';
`;
