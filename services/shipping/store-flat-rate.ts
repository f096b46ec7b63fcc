import { json, type Queryable, sql } from "../../lib/db/index.ts";
import type { FlatRate, FlatRateContent, Tier } from "./flat-rate.ts";

const columns = sql`
  id, title, destinations, everywhere_else as "everywhereElse", tiers, estimated_days as "estimatedDays",
  revision, create_time as "createTime", update_time as "updateTime"`;

type StoredTier = Omit<Tier, "amount" | "goodsFrom"> & { amount: string; goodsFrom: string };
type Row = Omit<FlatRate, "tiers"> & { tiers: StoredTier[] };

/** Stores a new flat rate. */
export async function insertFlatRate(
  tx: Queryable,
  { id, content, now }: { id: string; content: FlatRateContent; now: Date },
): Promise<FlatRate> {
  const { title, destinations, everywhereElse, tiers, estimatedDays } = content;
  const [row] = await tx.query<Row>(sql`
    insert into flat_rate
      (id, title, destinations, everywhere_else, tiers, estimated_days, create_time, update_time)
    values (${id}, ${title}, ${json(destinations)}, ${everywhereElse}, ${json(tiers.map(toStored))},
      ${estimatedDays}, ${now}, ${now})
    returning ${columns}`);
  return written(row, id);
}

/** Writes what staff say of a flat rate, one revision further. The caller has locked the row. */
export async function updateFlatRate(
  tx: Queryable,
  { id, content, now }: { id: string; content: FlatRateContent; now: Date },
): Promise<FlatRate> {
  const { title, destinations, everywhereElse, tiers, estimatedDays } = content;
  const [row] = await tx.query<Row>(sql`
    update flat_rate set
      title = ${title},
      destinations = ${json(destinations)},
      everywhere_else = ${everywhereElse},
      tiers = ${json(tiers.map(toStored))},
      estimated_days = ${estimatedDays},
      revision = revision + 1,
      update_time = ${now}
    where id = ${id}
    returning ${columns}`);
  return written(row, id);
}

/** Deletes a flat rate, if it is there. */
export async function deleteFlatRate(tx: Queryable, id: string): Promise<void> {
  await tx.execute(sql`delete from flat_rate where id = ${id}`);
}

/** The flat rate, or undefined. */
export async function findFlatRate(db: Queryable, id: string): Promise<FlatRate | undefined> {
  const [row] = await db.query<Row>(sql`select ${columns} from flat_rate where id = ${id}`);
  return row && toFlatRate(row);
}

/** As `findFlatRate`, and no one else can change the rate until the transaction ends. */
export async function lockFlatRate(tx: Queryable, id: string): Promise<FlatRate | undefined> {
  const [row] = await tx.query<Row>(sql`select ${columns} from flat_rate where id = ${id} for update`);
  return row && toFlatRate(row);
}

/** All flat rates of the shop, the oldest first. */
export async function findAllFlatRates(db: Queryable): Promise<FlatRate[]> {
  const rows = await db.query<Row>(sql`select ${columns} from flat_rate order by id`);
  return rows.map(toFlatRate);
}

/** One page, the newest first; ids are in the order of time. */
export async function listFlatRatePage(
  db: Queryable,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<FlatRate[]> {
  const older = after === undefined ? sql`true` : sql`id < ${after}`;
  const rows = await db.query<Row>(sql`
    select ${columns} from flat_rate where ${older} order by id desc limit ${limit}`);
  return rows.map(toFlatRate);
}

function written(row: Row | undefined, id: string): FlatRate {
  if (row === undefined) throw new Error(`flat rate ${id} was to be written and is not there`);
  return toFlatRate(row);
}

// JSON has no 64-bit integers: amounts are stored as strings.
function toStored(tier: Tier): StoredTier {
  return { ...tier, amount: tier.amount.toString(), goodsFrom: tier.goodsFrom.toString() };
}

function toFlatRate(row: Row): FlatRate {
  const tiers = row.tiers.map((tier) => ({
    ...tier,
    amount: BigInt(tier.amount),
    goodsFrom: BigInt(tier.goodsFrom),
  }));
  return { ...row, tiers };
}
