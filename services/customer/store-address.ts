import { json, type Queryable, sql } from "../../lib/db/index.ts";
import type { Address, SavedAddress } from "./profile.ts";

const columns = sql`id, label, address, is_default as "isDefault", create_time as "createTime"`;

/** A customer's addresses, the default one first, then the newest. */
export async function listAddresses(db: Queryable, customerId: string): Promise<SavedAddress[]> {
  return db.query<SavedAddress>(sql`
    select ${columns} from address where customer_id = ${customerId} order by is_default desc, id desc`);
}

/** How many addresses a customer has. */
export async function countAddresses(db: Queryable, customerId: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(sql`
    select count(*)::int as count from address where customer_id = ${customerId}`);
  return row?.count ?? 0;
}

/** Leaves a customer without a default address, unless it is `except`. The caller has locked the profile, and sets another. */
export async function clearDefault(
  tx: Queryable,
  { customerId, except = "" }: { customerId: string; except?: string },
): Promise<void> {
  await tx.execute(sql`
    update address set is_default = false
    where customer_id = ${customerId} and is_default and id <> ${except}`);
}

/** Adds an address. The caller has locked the profile. */
export async function insertAddress(
  tx: Queryable,
  { customerId, saved }: { customerId: string; saved: SavedAddress },
): Promise<void> {
  await tx.execute(sql`
    insert into address (id, customer_id, label, address, is_default, create_time)
    values (${saved.id}, ${customerId}, ${saved.label}, ${json(saved.address)}, ${saved.isDefault}, ${saved.createTime})`);
}

/** Replaces an address of a customer's; undefined when there is none. The default one stays it. */
export async function updateAddress(
  tx: Queryable,
  change: { customerId: string; id: string; label: string; address: Address; makeDefault: boolean },
): Promise<SavedAddress | undefined> {
  const { customerId, id, label, address, makeDefault } = change;
  const [row] = await tx.query<SavedAddress>(sql`
    update address set label = ${label}, address = ${json(address)}, is_default = is_default or ${makeDefault}
    where id = ${id} and customer_id = ${customerId}
    returning ${columns}`);
  return row;
}

/** Deletes an address of a customer's; whether it was the default one. */
export async function deleteAddress(
  tx: Queryable,
  { customerId, id }: { customerId: string; id: string },
): Promise<boolean> {
  const [row] = await tx.query<{ isDefault: boolean }>(sql`
    delete from address where id = ${id} and customer_id = ${customerId}
    returning is_default as "isDefault"`);
  return row?.isDefault ?? false;
}

/** Makes the newest address the default one. The caller has locked the profile, which has none. */
export async function makeNewestDefault(tx: Queryable, customerId: string): Promise<void> {
  await tx.execute(sql`
    update address set is_default = true
    where id = (select id from address where customer_id = ${customerId} order by id desc limit 1)`);
}
