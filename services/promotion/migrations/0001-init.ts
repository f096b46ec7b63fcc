import { idempotencyTable } from "../../../lib/idempotency/idempotency.ts";

/**
 * Promotions, their coupons, and what orders use of them.
 *
 * A limit of 0 is none. `redeemed` counts the orders that use a promotion or a coupon now; who redeems locks the rows
 * first, and the CHECKs are the last guard. `terms` is what only the arithmetic reads: targets, minimums and the
 * action, as the contract's JSON.
 *
 * A row of `redemption_use` lives exactly as long as its order counts against the promotion's limits.
 */
export const init = `
${idempotencyTable}
create table promotion (
  id text collate "C" not null,
  title text not null,
  automatic boolean not null,
  paused boolean not null,
  start_time timestamptz,
  end_time timestamptz,
  priority integer not null,
  exclusive boolean not null,
  terms json not null,
  order_limit bigint not null,
  customer_limit bigint not null,
  redeemed bigint not null default 0,
  revision bigint not null default 1,
  create_time timestamptz not null,
  update_time timestamptz not null,
  constraint promotion_pkey primary key (id),
  constraint promotion_redeemed_range check (redeemed >= 0 and (order_limit = 0 or redeemed <= order_limit))
) with (fillfactor = 70);
create index promotion_newest on promotion (create_time, id);
create index promotion_automatic on promotion (id) where automatic and not paused;

-- Codes are in capitals, so that letters count alike in both cases.
create table coupon (
  code text collate "C" not null,
  promotion_id text collate "C" not null,
  order_limit bigint not null,
  redeemed bigint not null default 0,
  disable_time timestamptz,
  create_time timestamptz not null,
  constraint coupon_pkey primary key (code),
  constraint coupon_promotion_id_fkey foreign key (promotion_id) references promotion (id),
  constraint coupon_code_capitals check (code = upper(code)),
  constraint coupon_redeemed_range check (redeemed >= 0 and (order_limit = 0 or redeemed <= order_limit))
) with (fillfactor = 70);
create index coupon_promotion_id on coupon (promotion_id, code);

-- One row an order; without a redeem_time it was released before it could redeem. Codes stand beside their
-- promotions; that of an automatic one is empty.
create table redemption (
  order_id text collate "C" not null,
  promotion_ids text[] collate "C" not null,
  codes text[] collate "C" not null,
  customer_key text collate "C" not null,
  redeem_time timestamptz,
  release_time timestamptz,
  create_time timestamptz not null,
  constraint redemption_pkey primary key (order_id),
  constraint redemption_pairs check (cardinality(promotion_ids) = cardinality(codes)),
  constraint redemption_happened check (num_nonnulls(redeem_time, release_time) > 0)
);
create index redemption_newest on redemption (create_time, order_id);
create index redemption_promotion_ids on redemption using gin (promotion_ids);

create table redemption_use (
  promotion_id text collate "C" not null,
  customer_key text collate "C" not null,
  order_id text collate "C" not null,
  constraint redemption_use_pkey primary key (promotion_id, customer_key, order_id)
);
`;
