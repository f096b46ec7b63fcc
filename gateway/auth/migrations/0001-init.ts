import { idempotencyTable } from "../../../lib/idempotency/idempotency.ts";

/**
 * `customer`, `session`, `account` and `verification` are better-auth's, under names of our own (better-auth.ts maps
 * them). An account is one way to sign in: a password (`issuer` `local:credential`), or a provider's subject.
 *
 * The columns for a provider's tokens are better-auth's, too; they stay empty: nothing is done in the customer's name there.
 */
export const init = `
${idempotencyTable}
create table customer (
  id text collate "C" constraint customer_pkey primary key,
  name text not null,
  email text not null constraint customer_email_key unique,
  email_verified boolean not null,
  image text,
  create_time timestamptz not null,
  update_time timestamptz not null
);

create table session (
  id text collate "C" constraint session_pkey primary key,
  customer_id text collate "C" not null constraint session_customer_id_fkey references customer on delete cascade,
  token text collate "C" not null constraint session_token_key unique,
  expire_time timestamptz not null,
  ip_address text,
  user_agent text,
  create_time timestamptz not null,
  update_time timestamptz not null
);
create index session_customer_id on session (customer_id);
create index session_expire_time on session (expire_time);

create table account (
  id text collate "C" constraint account_pkey primary key,
  customer_id text collate "C" not null constraint account_customer_id_fkey references customer on delete cascade,
  issuer text not null,
  account_id text not null,
  provider_id text not null,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expire_time timestamptz,
  refresh_token_expire_time timestamptz,
  scope text,
  password text,
  create_time timestamptz not null,
  update_time timestamptz not null,
  constraint account_issuer_account_id_key unique (issuer, account_id)
);
create index account_customer_id on account (customer_id);

create table verification (
  id text collate "C" constraint verification_pkey primary key,
  identifier text not null,
  value text not null,
  expire_time timestamptz not null,
  create_time timestamptz not null,
  update_time timestamptz not null
);
create index verification_identifier on verification (identifier);
create index verification_expire_time on verification (expire_time);

create table api_key (
  id text collate "C" constraint api_key_pkey primary key,
  name text not null,
  role integer not null,
  areas text[] not null,
  digest bytea not null constraint api_key_digest_key unique,
  hint text not null,
  expire_time timestamptz,
  revoke_time timestamptz,
  use_time timestamptz,
  create_time timestamptz not null
);

-- What a guest has left to the account it signed in to, until cart and orders have changed hands.
create table adoption (
  customer_id text collate "C" not null constraint adoption_customer_id_fkey references customer on delete cascade,
  guest_id text collate "C" not null,
  attempts integer not null default 0,
  next_time timestamptz not null,
  constraint adoption_pkey primary key (customer_id, guest_id)
);
create index adoption_next_time on adoption (next_time);
`;
