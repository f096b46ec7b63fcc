import { type Client, createClient } from "@connectrpc/connect";
import { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import type { Clock } from "../../../lib/clock.ts";
import { type Db, sql } from "../../../lib/db/index.ts";
import { createDirectTransport } from "../../../lib/rpc/index.ts";
import { as, testInterceptors } from "../../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../../lib/testing/postgres.ts";
import { inventorySchema } from "../migrations/index.ts";
import { createInventoryService } from "../service.ts";
import { sweepDueHolds } from "../sweep.ts";

/** An Inventory on a database of its own, with a clock that stands still unless moved. */
export interface TestInventory {
  readonly database: TestDatabase;
  readonly client: Client<typeof InventoryService>;
  /** Every statement sent so far. */
  readonly statements: string[];
  readonly clock: Clock;
  advance(ms: number): void;
  stock(sku: string, onHand: bigint): Promise<void>;
  /** Makes a location, named like its id. */
  location(id: string, priority: number): Promise<void>;
  /** Holds units for ten minutes unless told otherwise. */
  reserve(id: string, lines: Record<string, number>, ttlSeconds?: number): Promise<unknown>;
  counters(sku: string): Promise<{ onHand: bigint; reserved: bigint; available: bigint }>;
  sweep(): Promise<number>;
  /** SKUs whose counters differ from the sums of their ledger or of their holds. */
  mismatches(): Promise<string[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openTestInventory(): Promise<TestInventory> {
  const statements: string[] = [];
  const database = await testDatabase(inventorySchema, { onStatement: (text) => statements.push(text) });
  let now = Date.parse("2026-01-31T12:00:00Z");
  const clock = () => new Date(now);
  const { db } = database;
  const client = createReplica(db, clock);
  return {
    database,
    client,
    statements,
    clock,
    advance: (ms) => {
      now += ms;
    },
    stock: async (sku, onHand) => void (await client.setStock({ sku, onHand }, as.staff)),
    location: async (id, priority) =>
      void (await client.createLocation({ location: { id, name: id, priority } }, as.staff)),
    reserve: (reservationId, lines, ttlSeconds = 600) =>
      client.reserve(
        {
          reservationId,
          lines: Object.entries(lines).map(([sku, quantity]) => ({ sku, quantity: BigInt(quantity) })),
          ttl: { seconds: BigInt(ttlSeconds), nanos: 0 },
        },
        as.service("order"),
      ),
    counters: async (sku) => {
      const { onHand, reserved, available } = await client.getStock({ sku }, as.staff);
      return { onHand, reserved, available };
    },
    sweep: () => sweepDueHolds(db, clock()),
    mismatches: async () => {
      const rows = await db.query<{ sku: string }>(sql`
        select s.sku from stock s
        left join (select sku, location_id, sum(on_hand_delta) on_hand, sum(reserved_delta) reserved,
                     sum(backorder_delta) backorder, sum(owed_delta) owed from ledger group by 1, 2) l using (sku, location_id)
        left join (select sku, location_id, sum(quantity) held from hold group by 1, 2) h using (sku, location_id)
        where s.on_hand <> coalesce(l.on_hand, 0) or s.reserved <> coalesce(l.reserved, 0)
          or s.backorder_limit <> coalesce(l.backorder, 0) or s.reserved <> coalesce(h.held, 0)
          or s.owed <> coalesce(l.owed, 0)`);
      return rows.map((row) => row.sku);
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** A client of an Inventory of its own, which shares nothing with others but the database. */
export function createReplica(db: Db, clock: Clock): Client<typeof InventoryService> {
  const { services } = createInventoryService({ db, clock });
  return createClient(InventoryService, createDirectTransport({ services, interceptors: testInterceptors }));
}
