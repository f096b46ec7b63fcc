import { createRelay, type OutboxRow, type Relay, type RelayParts } from "../../lib/outbox/index.ts";
import { markPublished, readUnpublished, type StockEvent } from "./store-outbox.ts";

/** Tells other systems what runs low, is out, and is there again. */
export function createStockRelay(parts: RelayParts): Relay {
  const { db } = parts;
  return createRelay({
    ...parts,
    name: "inventory",
    read: async (limit) => (await readUnpublished(db, limit)).map(toRow),
    done: (rows) => markPublished(db, rows),
  });
}

function toRow({ id, type, alertId, sku, available, threshold, createTime }: StockEvent): OutboxRow {
  const stock = { sku, available: Number(available), threshold: Number(threshold), alertId };
  return { row: id, type, subject: sku, data: JSON.stringify({ stock }), eventTime: createTime };
}
