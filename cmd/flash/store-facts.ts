import pg from "pg";
import type { OrderFact, PaymentFact, ShopFacts } from "./facts.ts";

/** Read-only eyes on the shop's database. */
export interface FactStore {
  /** What is still under way, by name; empty when the shop is at rest. */
  unrest(): Promise<Map<string, number>>;
  /** SKUs of which units can still be sold, with their number. */
  available(): Promise<{ sku: string; units: number }[]>;
  /** Ids of the transfers that nobody has decided on. */
  openTransfers(): Promise<string[]>;
  facts(): Promise<ShopFacts>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Opens them; Postgres may go away and come back in between. */
export function openFactStore(databaseUrl: string): FactStore {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 1,
    application_name: "flash",
    options: "-c default_transaction_read_only=on",
  });
  // An idle connection that breaks is replaced by the next query.
  pool.on("error", () => undefined);
  const rows = async <T>(text: string): Promise<T[]> => (await pool.query(text)).rows as T[];
  const counts = async (text: string) =>
    new Map((await rows<{ name: string; count: number }>(text)).map(({ name, count }) => [name, count]));
  return {
    unrest: () => counts(unrestSql),
    available: () =>
      rows(`
        select sku, (on_hand - reserved)::int as units from inventory.stock
        where on_hand > reserved order by sku`),
    openTransfers: async () =>
      (await rows<{ id: string }>("select id from payment.payment where state = 'AWAITING_TRANSFER'")).map(
        ({ id }) => id,
      ),
    facts: async () => ({
      stock: await rows(stockSql),
      holds: await rows(`
        select reservation_id as "reservationId", sku, quantity::int as quantity from inventory.hold`),
      reservations: await rows("select id, state from inventory.reservation"),
      orders: await rows<OrderFact>(ordersSql),
      payments: await rows<PaymentFact>(`
        select id, order_id as "orderId", state, amount::int as amount, refunded::int as refunded, method
        from payment.payment`),
      shipments: await rows(`select id, order_id as "orderId" from shipping.shipment`),
      messages: await rows(`
        select order_id as "orderId", event_key as "eventKey", channel, state, recipient
        from notify.message where order_id <> ''`),
      webhooks: await rows(`
        select provider, type, state, count(*)::int as count, sum(deliveries - 1)::int as repeated
        from (${webhooksSql}) webhook group by provider, type, state`),
      failedJobs: await rows(`
        select name, coalesce(data ->> 'orderId', '') as "orderId" from jobs.job where state = 'failed'`),
      retriedOrders: (
        await rows<{ id: string }>(`
          select distinct data ->> 'orderId' as id from jobs.job
          where state = 'completed' and retry_count > 0 and data ->> 'orderId' is not null`)
      ).map(({ id }) => id),
    }),
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

const webhooksSql = ["payment", "shipping", "notify"]
  .map((schema) => `select provider, type, state, deliveries from ${schema}.webhook_event`)
  .join(" union all ");

const unrestSql = `
  select * from (
    select 'job ' || name as name, count(*)::int as count
      from jobs.job where state in ('created', 'retry', 'active') group by name
    union all
    select 'hold', count(*)::int from inventory.hold
    union all
    select 'order ' || state, count(*)::int from "order".orders
      where state in ('PENDING_PAYMENT', 'PAID') group by state
    union all
    select 'late money', count(*)::int from "order".orders where late_money = 'REVIVE'
    union all
    select 'payment ' || state, count(*)::int from payment.payment
      where state in ('PROCESSING', 'REQUIRES_ACTION', 'AWAITING_TRANSFER', 'AUTHORIZED') group by state
    union all
    select 'refund', count(*)::int from payment.refund where state = 'PENDING'
    union all
    select 'label', count(*)::int from shipping.shipment where state = 'BUYING'
    union all
    select 'message', count(*)::int from notify.message where state = 'PENDING'
    union all
    select 'webhook of ' || provider, count(*)::int from (${webhooksSql}) webhook
      where state = 'RECEIVED' group by provider
  ) open where count > 0`;

const stockSql = `
  select s.sku, s.on_hand::int as "onHand", s.reserved::int as reserved,
    (select coalesce(sum(l.on_hand_delta), 0)::int from inventory.ledger l
      where l.sku = s.sku and l.location_id = s.location_id) as "ledgerOnHand",
    (select coalesce(sum(l.reserved_delta), 0)::int from inventory.ledger l
      where l.sku = s.sku and l.location_id = s.location_id) as "ledgerReserved",
    (select coalesce(sum(h.quantity), 0)::int from inventory.hold h
      where h.sku = s.sku and h.location_id = s.location_id) as held
  from inventory.stock s order by s.sku`;

const ordersSql = `
  select id, cart_id as "cartId", state, (item_total + shipping_total)::int as total,
    (select jsonb_agg(jsonb_build_object('sku', line ->> 'sku', 'quantity', (line ->> 'quantity')::int))
      from jsonb_array_elements(lines) line) as lines
  from "order".orders`;
