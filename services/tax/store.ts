import { isUniqueViolation, type Queryable, sql } from "../../lib/db/index.ts";
import { type RateContent, regionKey } from "./rate.ts";
import { fail } from "./reasons.ts";

/** A tax rate. */
export interface RateRow {
  id: string;
  name: string;
  country_code: string;
  region: string;
  region_key: string;
  tax_category: string;
  rate_millionths: number;
  included: boolean;
  revision: bigint;
  create_time: Date;
  update_time: Date;
}

const columns = sql`
  id, name, country_code, region, region_key, tax_category, rate_millionths, included, revision,
  create_time, update_time`;

/** @throws TAX_RATE_EXISTS */
export async function insertRate(
  tx: Queryable,
  { id, content, now }: { id: string; content: RateContent; now: Date },
): Promise<RateRow> {
  const [row] = await tx.query<RateRow>(sql`
    insert into tax_rate (id, name, country_code, region, region_key, tax_category, rate_millionths, included,
      create_time, update_time)
    values (${id}, ${content.name}, ${content.countryCode}, ${content.region}, ${regionKey(content.region)},
      ${content.taxCategory}, ${content.rateMillionths}, ${content.included}, ${now}, ${now})
    on conflict on constraint tax_rate_place_key do nothing
    returning ${columns}`);
  if (row === undefined) throw exists(content);
  return row;
}

/**
 * Writes what staff say of a rate, one revision further. The caller has locked the row.
 * @throws TAX_RATE_EXISTS
 */
export async function updateRate(
  tx: Queryable,
  { id, content, now }: { id: string; content: RateContent; now: Date },
): Promise<RateRow> {
  try {
    const [row] = await tx.query<RateRow>(sql`
      update tax_rate set
        name = ${content.name},
        country_code = ${content.countryCode},
        region = ${content.region},
        region_key = ${regionKey(content.region)},
        tax_category = ${content.taxCategory},
        rate_millionths = ${content.rateMillionths},
        included = ${content.included},
        revision = revision + 1,
        update_time = ${now}
      where id = ${id}
      returning ${columns}`);
    if (row === undefined) throw new Error(`tax rate ${id} was to be written and is not there`);
    return row;
  } catch (err) {
    throw isUniqueViolation(err, "tax_rate_place_key") ? exists(content) : err;
  }
}

/** Deletes a rate, if it is there. */
export async function deleteRate(tx: Queryable, id: string): Promise<void> {
  await tx.query(sql`delete from tax_rate where id = ${id}`);
}

/** The rate, or undefined. */
export async function findRate(db: Queryable, id: string): Promise<RateRow | undefined> {
  const [row] = await db.query<RateRow>(sql`select ${columns} from tax_rate where id = ${id}`);
  return row;
}

/** As `findRate`, and no one else can change the rate until the transaction ends. */
export async function lockRate(tx: Queryable, id: string): Promise<RateRow | undefined> {
  const [row] = await tx.query<RateRow>(sql`select ${columns} from tax_rate where id = ${id} for update`);
  return row;
}

/** All rates of the shop. */
export async function findAllRates(db: Queryable): Promise<RateRow[]> {
  return db.query<RateRow>(sql`select ${columns} from tax_rate order by id`);
}

/** Where a page begins: after the rate of this place, name and category. */
export interface RatePlace {
  countryCode: string;
  regionKey: string;
  name: string;
  taxCategory: string;
}

/** One page, by country, region, name and category; of one country unless it is empty. */
export async function listRatePage(
  db: Queryable,
  { countryCode, after, limit }: { countryCode: string; after: RatePlace | undefined; limit: number },
): Promise<RateRow[]> {
  const wanted = countryCode === "" ? sql`true` : sql`country_code = ${countryCode}`;
  const beyond =
    after === undefined
      ? sql`true`
      : sql`(country_code, region_key, name, tax_category)
          > (${after.countryCode}, ${after.regionKey}, ${after.name}, ${after.taxCategory})`;
  return db.query<RateRow>(sql`
    select ${columns} from tax_rate
    where ${wanted} and ${beyond}
    order by country_code, region_key, name, tax_category
    limit ${limit}`);
}

function exists({ name, countryCode, region, taxCategory }: RateContent): Error {
  return fail("TAX_RATE_EXISTS", { name, country_code: countryCode, region, tax_category: taxCategory });
}
