import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { Client, ConnectError } from "@connectrpc/connect";
import {
  type InventoryService,
  Reservation_State,
  type Reservation as ReservationMessage,
  type StockItem,
  StockShortageSchema,
} from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { type Db, sql } from "../../../lib/db/index.ts";
import { errorInfo } from "../../../lib/errors/reasons.ts";
import { as } from "../../../lib/rpc/testing/interceptors.ts";
import type { Counters } from "../reconcile.ts";
import type { ReservationState } from "../stock.ts";
import { type Answer, bySku, type Command, type Snapshot } from "./model.ts";
import { createReplica, type TestInventory } from "./shop.ts";

const order = as.service("order");

/** Two replicas of Inventory on one database, that answer a model's commands. */
export interface ModelShop {
  /** Makes the call on one of the replicas. @throws what no model foresees. */
  call(command: Command, replica: number): Promise<Answer>;
  /** What stands in the tables. */
  snapshot(): Promise<Snapshot>;
  skus: readonly string[];
}

/** A part of the shop that has nothing in common with others but the tables: `prefix` stands before each name. */
export function openModelShop({
  shop,
  second,
  prefix,
  skus,
}: {
  shop: TestInventory;
  second: Db;
  prefix: string;
  skus: readonly string[];
}): ModelShop {
  const replicas = [shop.client, createReplica(second, shop.clock)];
  const short = (name: string) => (name.startsWith(prefix) ? name.slice(prefix.length) : name);

  async function call(command: Command, replica: number): Promise<Answer> {
    if (command.rpc === "sweep") {
      await shop.sweep();
      return {};
    }
    const client = replicas[replica % replicas.length] ?? shop.client;
    try {
      const answer = await send(client, command);
      return "lines" in answer ? fromReservation(answer) : fromStock(answer);
    } catch (err) {
      return fromError(err as ConnectError);
    }
  }

  function send(
    client: Client<typeof InventoryService>,
    command: Exclude<Command, { rpc: "sweep" }>,
  ): Promise<ReservationMessage | StockItem> {
    const { rpc } = command;
    if (rpc === "adjust") {
      const { sku, delta } = command;
      return client.adjustStock({ sku: prefix + sku, delta: BigInt(delta), reason: "model" }, as.staff);
    }
    if (rpc === "set") {
      const { sku, onHand, backorder } = command;
      const backorderLimit = backorder === undefined ? {} : { backorderLimit: BigInt(backorder) };
      return client.setStock({ sku: prefix + sku, onHand: BigInt(onHand), ...backorderLimit }, as.staff);
    }
    const reservationId = prefix + command.id;
    if (rpc === "reserve") {
      const lines = Object.entries(command.lines).map(([sku, quantity]) => ({
        sku: prefix + sku,
        quantity: BigInt(quantity),
      }));
      return client.reserve({ reservationId, lines, ttl: seconds(command.ttl) }, order);
    }
    if (rpc === "extend") return client.extend({ reservationId, ttl: seconds(command.ttl) }, order);
    return client[rpc]({ reservationId }, order);
  }

  function fromReservation({ id, state, lines, expireTime }: ReservationMessage): Answer {
    return {
      id: short(id),
      state: Reservation_State[state],
      lines: Object.fromEntries(lines.map(({ sku, quantity }) => [short(sku), Number(quantity)])),
      expires: expireTime && timestampDate(expireTime).getTime() / 1000,
    };
  }

  function fromStock({ sku, onHand, reserved, backorderLimit }: StockItem): Answer {
    return { sku: short(sku), onHand, reserved, backorder: backorderLimit };
  }

  function fromError(err: ConnectError): Answer {
    const { reason, metadata } = errorInfo(err) ?? {};
    if (reason === undefined || metadata === undefined) throw err;
    if (reason === "INSUFFICIENT_STOCK") {
      const lines = err.findDetails(StockShortageSchema)[0]?.lines ?? [];
      const lacking = lines.map((line) => ({
        sku: short(line.sku),
        requested: Number(line.requested),
        available: Number(line.available),
        earliest: line.earliestExpiry && timestampDate(line.earliestExpiry).getTime() / 1000,
      }));
      return { reason, lacking: bySku(lacking) };
    }
    const { reservation_id: id, sku, state } = metadata;
    return {
      reason,
      ...(id !== undefined && { id: short(id) }),
      ...(sku !== undefined && { sku: short(sku) }),
      ...(state !== undefined && { state }),
    };
  }

  async function snapshot(): Promise<Snapshot> {
    const { db } = shop.database;
    const like = `${prefix}%`;
    const [stock, reservations, holds] = await db.transaction((tx) =>
      Promise.all([
        tx.query<Counters & { sku: string }>(sql`
          select sku, on_hand as "onHand", reserved, backorder_limit as backorder, owed
          from stock where sku like ${like}`),
        tx.query<{
          id: string;
          state: ReservationState;
          skus: string[];
          quantities: bigint[];
          expireTime: Date;
        }>(sql`
          select id, state, skus, quantities, expire_time as "expireTime" from reservation where id like ${like}`),
        tx.query<{ id: string; sku: string; quantity: bigint; expireTime: Date }>(sql`
          select reservation_id as id, sku, quantity, expire_time as "expireTime" from hold where sku like ${like}`),
      ]),
    );
    const taken: Snapshot = { stock: {}, reservations: {}, holds: {} };
    for (const { sku, ...counters } of stock) taken.stock[short(sku)] = counters;
    for (const { id, state, skus, quantities, expireTime } of reservations) {
      const lines = Object.fromEntries(skus.map((sku, i) => [short(sku), Number(quantities[i])]));
      taken.reservations[short(id)] = { state, lines, expires: expireTime.getTime() / 1000 };
    }
    for (const { id, sku, quantity, expireTime } of holds) {
      taken.holds[short(id)] ??= {};
      (taken.holds[short(id)] ?? {})[short(sku)] = [Number(quantity), expireTime.getTime() / 1000];
    }
    return taken;
  }

  return { call, snapshot, skus: skus.map((sku) => prefix + sku) };
}

function seconds(value: number) {
  return { seconds: BigInt(value), nanos: 0 };
}
