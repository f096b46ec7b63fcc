import { json, type Queryable, type Sql, sql } from "../../lib/db/index.ts";
import type { Label } from "./carrier.ts";
import type { Rate } from "./rates.ts";
import type { Shipment } from "./shipment.ts";

const columns = sql`
  id, order_id as "orderId", state, fingerprint, address, contact, items, currency_code as "currencyCode",
  goods_total as "goodsTotal", rates, rate_id as "rateId",
  provider_id as "providerId", carrier, tracking_number as "trackingNumber", tracking_url as "trackingUrl",
  label_url as "labelUrl", buy_attempts as "buyAttempts", buying_until as "buyingUntil",
  doubtful_rates as "doubtfulRates", tracking_status as "trackingStatus", tracking_events as "trackingEvents",
  voided_labels as "voidedLabels", return_of as "returnOf",
  create_time as "createTime", update_time as "updateTime"`;

type StoredRate = Omit<Rate, "amount"> & { amount: string };
type Row = Omit<Shipment, "rates"> & { rates: StoredRate[] };

export { columns as shipmentColumns, type Row as ShipmentRow, toShipment, toStored };

/** Stores a new shipment; false when the id is taken. */
export async function insertShipment(db: Queryable, shipment: Shipment): Promise<boolean> {
  const inserted = await db.execute(sql`
    insert into shipment
      (id, order_id, state, fingerprint, address, contact, items, currency_code, goods_total, rates, provider_id,
        create_time, update_time)
    values (
      ${shipment.id}, ${shipment.orderId}, ${shipment.state}, ${shipment.fingerprint},
      ${json(shipment.address)}, ${json(shipment.contact)}, ${json(shipment.items)}, ${shipment.currencyCode},
      ${shipment.goodsTotal}, ${json(shipment.rates.map(toStored))},
      ${shipment.providerId}, ${shipment.createTime}, ${shipment.updateTime})
    on conflict on constraint shipment_pkey do nothing`);
  return inserted === 1;
}

/** One shipment. */
export async function findShipment(db: Queryable, id: string): Promise<Shipment | undefined> {
  const [row] = await db.query<Row>(sql`select ${columns} from shipment where id = ${id}`);
  return row && toShipment(row);
}

/** The tracking numbers of these shipments, by id; empty as long as there is no label. */
export async function findTrackingNumbers(
  db: Queryable,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const rows = await db.query<Pick<Shipment, "id" | "trackingNumber">>(sql`
    select id, tracking_number as "trackingNumber" from shipment where id = any(${ids})`);
  return new Map(rows.map(({ id, trackingNumber }) => [id, trackingNumber]));
}

/** A page of shipments, the newest first, of one order when `orderId` is not empty. */
export async function listShipments(
  db: Queryable,
  {
    orderId,
    after,
    limit,
  }: { orderId: string; after: { createTime: Date; id: string } | undefined; limit: number },
): Promise<Shipment[]> {
  const ofOrder = orderId === "" ? sql`true` : sql`order_id = ${orderId}`;
  const older = after === undefined ? sql`true` : sql`(create_time, id) < (${after.createTime}, ${after.id})`;
  const rows = await db.query<Row>(sql`
    select ${columns} from shipment where ${ofOrder} and ${older}
    order by create_time desc, id desc limit ${limit}`);
  return rows.map(toShipment);
}

/** Chooses a rate while no purchase has begun; nothing when that, or the rate, does not fit. */
export async function selectRate(
  db: Queryable,
  { id, rateId, now }: { id: string; rateId: string; now: Date },
): Promise<Shipment | undefined> {
  const [row] = await db.query<Row>(sql`
    update shipment set rate_id = ${rateId}, update_time = ${now}
    where id = ${id} and state = 'RATED' and ${hasRate(rateId)}
    returning ${columns}`);
  return row && toShipment(row);
}

/**
 * Records the intent to buy the label and takes the purchase until `until`:
 * of any number of calls exactly one gets the row. At a flat rate there is
 * nothing to buy: the shipment is READY, and stays so until a carrier's rate is
 * named. A purchase whose lease has
 * run out is taken over with the rate it was begun with, which joins the
 * doubtful ones: a label of it may exist. `rateId` chooses the rate, empty
 * keeps the chosen one.
 */
export async function claimPurchase(
  db: Queryable,
  { id, rateId, until, now }: { id: string; rateId: string; until: Date; now: Date },
): Promise<Shipment | undefined> {
  const chosen = rateId === "" ? sql`rate_id <> ''` : hasRate(rateId);
  const rate = sql`coalesce(nullif(${rateId}, ''), rate_id)`;
  const isReady = sql`state <> 'BUYING' and rates @> jsonb_build_array(jsonb_build_object('id', ${rate}, 'providerId', ''))`;
  const [row] = await db.query<Row>(sql`
    update shipment set
      state = case when ${isReady} then 'READY' else 'BUYING' end,
      rate_id = case when state = 'BUYING' then rate_id else ${rate} end,
      doubtful_rates = case
        when state = 'BUYING' and not rate_id = any(doubtful_rates) then array_append(doubtful_rates, rate_id)
        else doubtful_rates end,
      buy_attempts = buy_attempts + 1,
      buying_until = case when ${isReady} then null else ${until}::timestamptz end,
      update_time = ${now}
    where id = ${id}
      and ((state = 'RATED' and ${chosen}) or (state = 'READY' and ${chosen} and not (${isReady}))
        or (state = 'BUYING' and buying_until <= ${now}))
    returning ${columns}`);
  return row && toShipment(row);
}

/** Takes the purchase for longer; false when another call has taken it over. */
export async function renewPurchase(
  db: Queryable,
  { id, attempt, until }: { id: string; attempt: number; until: Date },
): Promise<boolean> {
  const renewed = await db.execute(sql`
    update shipment set buying_until = ${until}
    where id = ${id} and state = 'BUYING' and buy_attempts = ${attempt}`);
  return renewed === 1;
}

/**
 * Stores the label, and that others are told of it. Deliberately not bound to the lease: a label that was paid
 * for is kept even if its purchase took too long. Nothing when it was voided, or another is stored,
 * or the goods have gone without it.
 */
export async function storeLabel(
  db: Queryable,
  { id, rateId, label, now }: { id: string; rateId: string; label: Label; now: Date },
): Promise<Shipment | undefined> {
  const [row] = await db.query<Row>(sql`
    with labeled as (
      update shipment set
        state = 'LABELED',
        rate_id = ${rateId},
        tracking_number = ${label.trackingNumber},
        tracking_url = ${label.trackingUrl},
        label_url = ${label.labelUrl},
        label_time = ${now},
        look_time = ${now}::timestamptz + interval '15 minutes',
        buying_until = null,
        update_time = ${now}
      where id = ${id} and state in ('RATED', 'BUYING', 'READY')
        and not voided_labels @> ${json([{ trackingNumber: label.trackingNumber }])}::jsonb
      returning ${columns}
    ), told as (
      insert into outbox (shipment_id, kind, create_time) select id, 'labeled', ${now} from labeled
    )
    select * from labeled`);
  return row && toShipment(row);
}

/** Ends a refused purchase, so that another rate can be chosen. The attempt's number, never used twice, is its proof of the lease. */
export async function endPurchase(
  db: Queryable,
  { id, attempt, now }: { id: string; attempt: number; now: Date },
): Promise<void> {
  await db.execute(sql`
    update shipment set state = 'RATED', buying_until = null, update_time = ${now}
    where id = ${id} and state = 'BUYING' and buy_attempts = ${attempt}`);
}

/** Lets the next call take the purchase over at once. */
export async function releasePurchase(
  db: Queryable,
  { id, attempt, now }: { id: string; attempt: number; now: Date },
): Promise<void> {
  await db.execute(sql`
    update shipment set buying_until = ${now}
    where id = ${id} and state = 'BUYING' and buy_attempts = ${attempt}`);
}

function hasRate(rateId: string): Sql {
  return sql`rates @> ${json([{ id: rateId }])}`;
}

// JSON has no 64-bit integers: amounts are stored as strings.
function toStored(rate: Rate): StoredRate {
  return { ...rate, amount: rate.amount.toString() };
}

function toShipment(row: Row): Shipment {
  return { ...row, rates: row.rates.map((rate) => ({ ...rate, amount: BigInt(rate.amount) })) };
}
