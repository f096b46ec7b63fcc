export const init = `
create table message (
  id text not null,
  channel text not null,
  state text not null,
  recipient text not null,
  subject text not null,
  event_key text not null,
  order_id text not null,
  -- SHA-256 of the request that asked for it: the same request_id with another content is refused.
  fingerprint bytea not null,
  provider_id text not null default '',
  error text not null default '',
  attempts integer not null,
  -- While PENDING: until then the message belongs to the call that sends it.
  sending_until timestamptz,
  create_time timestamptz not null,
  send_time timestamptz,
  constraint message_pkey primary key (id),
  -- One message of an event on each channel, whatever is retried.
  constraint message_of_event unique (event_key, channel),
  constraint message_channel check (channel in ('EMAIL', 'SMS')),
  constraint message_state check (state in ('PENDING', 'SENT', 'REFUSED')),
  constraint message_lease check ((state = 'PENDING') = (sending_until is not null)),
  constraint message_sent check ((state = 'SENT') = (send_time is not null))
);
create index message_newest on message (create_time desc, id desc);
create index message_of_order on message (order_id, create_time desc, id desc) where order_id <> '';
`;
