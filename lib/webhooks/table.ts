/** The inbox of a schema whose service receives webhooks; part of one of its migrations. */
export const webhookTable = `
create table webhook_event (
  id text not null,
  provider text not null,
  provider_event_id text not null,
  type text not null,
  subject text not null,
  -- json, not jsonb: a message is kept as it came, also one with \\u0000 in a string.
  payload json not null,
  state text not null default 'RECEIVED',
  attempts int not null default 0,
  error text not null default '',
  deliveries int not null,
  receive_time timestamptz not null,
  update_time timestamptz not null,
  apply_time timestamptz,
  constraint webhook_event_pkey primary key (id),
  constraint webhook_event_provider_key unique (provider, provider_event_id),
  constraint webhook_event_state check (state in ('RECEIVED', 'APPLIED', 'DEAD'))
) with (fillfactor = 80);
create index webhook_event_by_subject on webhook_event (subject, id);
create index webhook_event_open on webhook_event (update_time) where state = 'RECEIVED';
create index webhook_event_applied on webhook_event (apply_time) where state = 'APPLIED';
`;
