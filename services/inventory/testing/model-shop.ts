import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { Client, ConnectError } from "@connectrpc/connect";
import {
  type InventoryService,
  type Location,
  Reservation_State,
  type Reservation as ReservationMessage,
  type StockItem,
  StockShortageSchema,
  type TransferStockResponse,
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
  /** The location `main` is everybody's; the others are this shop's own. */
  const place = (at: string) => (at === "main" ? at : prefix + at);
  const shelf = (sku: string, at: string) => `${short(sku)}@${short(at)}`;
  const short = (name: string) => (name.startsWith(prefix) ? name.slice(prefix.length) : name);

  async function call(command: Command, replica: number): Promise<Answer> {
    if (command.rpc === "sweep") {
      await shop.sweep();
      return {};
    }
    const client = replicas[replica % replicas.length] ?? shop.client;
    try {
      const answer = await send(client, command);
      if ("lines" in answer) return fromReservation(answer);
      if (answer.$typeName === "rowlock.inventory.v1.TransferStockResponse") return fromTransfer(answer);
      return "paused" in answer ? fromLocation(answer) : fromStock(answer);
    } catch (err) {
      return fromError(err as ConnectError);
    }
  }

  function send(
    client: Client<typeof InventoryService>,
    command: Exclude<Command, { rpc: "sweep" }>,
  ): Promise<ReservationMessage | StockItem | TransferStockResponse | Location> {
    const { rpc } = command;
    if (rpc === "adjust") {
      const { sku, at, delta } = command;
      const what = { sku: prefix + sku, locationId: place(at), delta: BigInt(delta), reason: "model" };
      return client.adjustStock(what, as.staff);
    }
    if (rpc === "set") {
      const { sku, at, onHand, backorder } = command;
      const backorderLimit = backorder === undefined ? {} : { backorderLimit: BigInt(backorder) };
      const what = { sku: prefix + sku, locationId: place(at), onHand: BigInt(onHand) };
      return client.setStock({ ...what, ...backorderLimit }, as.staff);
    }
    if (rpc === "transfer") {
      const { sku, from, to, units } = command;
      const ways = { fromLocationId: place(from), toLocationId: place(to) };
      return client.transferStock({ sku: prefix + sku, ...ways, quantity: BigInt(units) }, as.staff);
    }
    if (rpc === "pause") {
      const location = { id: place(command.at), paused: command.paused };
      return client.updateLocation({ location, updateMask: { paths: ["paused"] } }, as.staff);
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

  function fromStock({ sku, locationId, onHand, reserved, backorderLimit }: StockItem): Answer {
    return { sku: short(sku), at: short(locationId), onHand, reserved, backorder: backorderLimit };
  }

  function fromTransfer({ from, to }: TransferStockResponse): Answer {
    return { from: from && fromStock(from), to: to && fromStock(to) };
  }

  function fromLocation({ id, priority, paused }: Location): Answer {
    return { at: short(id), priority, paused };
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
    const { reservation_id: id, sku, location_id: at, state } = metadata;
    return {
      reason,
      ...(id !== undefined && { id: short(id) }),
      ...(sku !== undefined && { sku: short(sku) }),
      ...(at !== undefined && { at: short(at) }),
      ...(state !== undefined && { state }),
    };
  }

  async function snapshot(): Promise<Snapshot> {
    const { db } = shop.database;
    const like = `${prefix}%`;
    const [locations, stock, reservations, holds] = await db.transaction((tx) =>
      Promise.all([
        tx.query<{ id: string; priority: number; paused: boolean }>(sql`
          select id, priority, paused from location where id = 'main' or id like ${like}`),
        tx.query<Counters & { sku: string; at: string }>(sql`
          select sku, location_id as at, on_hand as "onHand", reserved, backorder_limit as backorder, owed
          from stock where sku like ${like}`),
        tx.query<{
          id: string;
          state: ReservationState;
          skus: string[];
          quantities: bigint[];
          locations: string[] | null;
          expireTime: Date;
        }>(sql`
          select id, state, skus, quantities, locations, expire_time as "expireTime" from reservation where id like ${like}`),
        tx.query<{ id: string; sku: string; at: string; quantity: bigint; expireTime: Date }>(sql`
          select reservation_id as id, sku, location_id as at, quantity, expire_time as "expireTime" from hold where sku like ${like}`),
      ]),
    );
    const now: Snapshot = { locations: {}, stock: {}, reservations: {}, holds: {} };
    for (const { id, ...place } of locations) now.locations[short(id)] = place;
    for (const { sku, at, ...counters } of stock) now.stock[shelf(sku, at)] = counters;
    for (const { id, state, skus, quantities, locations, expireTime } of reservations) {
      const lines: Record<string, number> = {};
      const taken: Record<string, number> = {};
      for (const [i, sku] of skus.entries()) {
        const units = Number(quantities[i]);
        lines[short(sku)] = (lines[short(sku)] ?? 0) + units;
        taken[shelf(sku, locations?.[i] ?? "main")] = units;
      }
      now.reservations[short(id)] = { state, lines, taken, expires: expireTime.getTime() / 1000 };
    }
    for (const { id, sku, at, quantity, expireTime } of holds) {
      now.holds[short(id)] ??= {};
      (now.holds[short(id)] ?? {})[shelf(sku, at)] = [Number(quantity), expireTime.getTime() / 1000];
    }
    return now;
  }

  return { call, snapshot, skus: skus.map((sku) => prefix + sku) };
}

function seconds(value: number) {
  return { seconds: BigInt(value), nanos: 0 };
}
