export const suppression = `
-- Made here, known to this database alone: a table of addresses does not tell whose hash a hash is, and nobody else
-- makes links.
create table secret (
  one boolean not null default true,
  -- Goes into the hash of each address.
  salt bytea not null,
  -- Seals the links by which notices are stopped: AES-256.
  link_key bytea not null,
  constraint secret_pkey primary key (one),
  constraint secret_one check (one)
);
insert into secret (salt, link_key) select
  sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
  sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

create table suppression (
  id text not null,
  channel text not null,
  -- SHA-256 of the salt and the address in lower case. It outlives the address: who was erased is still not written to.
  address_hash bytea not null,
  scope text not null,
  -- Empty when it was erased, or the suppression lifted.
  address text not null,
  reason text not null,
  detail text not null,
  -- False once it was lifted. The row stays, so that a word from before, which comes late, is known for one.
  active boolean not null,
  -- When the last word on it was said, by the clock of who said so.
  said_time timestamptz not null,
  constraint suppression_pkey primary key (id),
  constraint suppression_of_address unique (channel, address_hash, scope),
  constraint suppression_channel check (channel in ('EMAIL', 'SMS')),
  constraint suppression_scope check (scope in ('ALL', 'NOTICES')),
  constraint suppression_reason check (reason in ('BOUNCED', 'COMPLAINED', 'OPTED_OUT', 'UNSUBSCRIBED')),
  constraint suppression_lifted check (active or (address = '' and detail = ''))
);
create index suppression_newest on suppression (said_time desc, id desc) where active;

alter table message
  add column resend_of text not null default '',
  drop constraint message_state,
  drop constraint message_sent,
  add constraint message_state
    check (state in ('PENDING', 'SENT', 'REFUSED', 'DELIVERED', 'UNDELIVERED', 'SUPPRESSED', 'FAILED')),
  add constraint message_sent
    check ((state in ('PENDING', 'REFUSED', 'SUPPRESSED', 'FAILED')) = (send_time is null));
-- The few messages that somebody may have to look after.
create index message_not_sent on message (create_time desc, id desc) where state not in ('SENT', 'DELIVERED');

-- What news of an order or of stock was made from, for as long as it may be sent once more.
create table source (
  event_key text not null,
  kind text not null,
  request bytea not null,
  create_time timestamptz not null,
  constraint source_pkey primary key (event_key),
  constraint source_kind check (kind in ('ORDER', 'STOCK'))
);
create index source_create_time on source (create_time);
`;
