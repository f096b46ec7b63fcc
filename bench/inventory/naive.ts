import pg from "pg";
import type { Buyer } from "./drive.ts";

const connections = 16;

/**
 * What most shops do: a transaction for each buyer, which locks the row, looks,
 * writes and commits. Plain pg with prepared statements, so that nothing but
 * the locking is slow.
 */
export function openNaive(url: string): { buy: Buyer; close: () => Promise<void> } {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    options: "-c search_path=inventory",
  });
  const statement = (name: string, text: string) => (values: unknown[]) => ({ name, text, values });
  const lock = statement(
    "lock",
    "select on_hand + backorder_limit - reserved as free from stock where sku = $1 and location_id = 'main' for update",
  );
  const reserve = statement(
    "reserve",
    `insert into reservation (id, state, skus, quantities, expire_time)
     values ($1, 'HELD', array[$2::text], array[1], now() + interval '10 minutes')`,
  );
  const enter = statement(
    "enter",
    `insert into ledger (sku, location_id, on_hand_delta, reserved_delta, reason, reservation_id)
     values ($1, 'main', 0, 1, 'reserve', $2)`,
  );
  const count = statement(
    "count",
    "update stock set reserved = reserved + 1, update_time = now() where sku = $1 and location_id = 'main'",
  );
  return {
    buy: async (id, sku) => {
      const client = await pool.connect();
      try {
        await client.query("begin");
        const { rows } = await client.query<{ free: string }>(lock([sku]));
        if (Number(rows[0]?.free ?? 0) < 1) throw new Error(`${sku} is sold out`);
        await client.query(reserve([id, sku]));
        await client.query(enter([sku, id]));
        await client.query(count([sku]));
        await client.query("commit");
        client.release();
      } catch (err) {
        client.release(true);
        throw err;
      }
    },
    close: () => pool.end(),
  };
}
