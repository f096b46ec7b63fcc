import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import type { WebhookService } from "../../gen/rowlock/webhook/v1/webhook_pb.js";
import type { Db } from "../../lib/db/index.ts";
import { createRelay, type OutboxRow, type Relay } from "../../lib/outbox/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { markPublished, readUnpublished, type StockEvent } from "./store-outbox.ts";

/** Tells other systems what runs low, is out, and is there again. */
export function createStockRelay({
  db,
  log,
  webhooks,
}: {
  db: Db;
  log: Log;
  webhooks: Pick<Client<typeof WebhookService>, "publishEvents">;
}): Relay {
  return createRelay({
    ...{ db, log },
    read: async (limit) => (await readUnpublished(db, limit)).map(toRow),
    publish: (events) => webhooks.publishEvents({ events }),
    done: (rows) => markPublished(db, rows),
  });
}

function toRow({ id, type, alertId, sku, available, threshold, createTime }: StockEvent): OutboxRow {
  const stock = { sku, available: Number(available), threshold: Number(threshold), alertId };
  return {
    row: id,
    event: {
      id: `inventory:${id}`,
      ...{ type, subject: sku, data: JSON.stringify({ stock }) },
      eventTime: timestampFromDate(createTime),
    },
  };
}
