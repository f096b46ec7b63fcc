import type { Counters } from "../reconcile.ts";
import type { ReservationState } from "../stock.ts";

/** One call, by short names: `R0` is a reservation, `A` a SKU. Times in seconds. */
export type Command =
  | { rpc: "reserve"; id: string; lines: Record<string, number>; ttl: number }
  | { rpc: "commit" | "release" | "restock"; id: string }
  | { rpc: "extend"; id: string; ttl: number }
  | { rpc: "adjust"; sku: string; delta: number }
  | { rpc: "set"; sku: string; onHand: number; backorder: number | undefined }
  | { rpc: "sweep" };

/** What a call answers, so that two of them can be compared: a message's fields, or the reason and metadata of an error. */
export type Answer = Record<string, unknown>;

interface Reservation {
  state: ReservationState;
  lines: Record<string, number>;
  /** In seconds, as the clock counts. */
  expires: number;
}

/** What a shop has, as it stands in the tables. */
export interface Snapshot {
  stock: Record<string, Counters>;
  reservations: Record<string, Reservation>;
  /** By reservation, then SKU: units and time. */
  holds: Record<string, Record<string, readonly [number, number]>>;
}

/**
 * What Inventory does, one call after the other, in plain numbers: the contract
 * without locks, SQL and batches.
 */
export class Model implements Snapshot {
  readonly stock: Snapshot["stock"];
  readonly reservations: Snapshot["reservations"];
  readonly holds: Snapshot["holds"];

  constructor(from: Snapshot = { stock: {}, reservations: {}, holds: {} }) {
    const { stock, reservations, holds } = structuredClone({
      stock: from.stock,
      reservations: from.reservations,
      holds: from.holds,
    });
    this.stock = stock;
    this.reservations = reservations;
    this.holds = holds;
  }

  apply(command: Command, now: number): Answer {
    switch (command.rpc) {
      case "reserve":
        return this.#reserve(command, now);
      case "commit":
        return this.#end(command.id, { to: "COMMITTED", same: ["COMMITTED"] });
      case "release":
        return this.#end(command.id, { to: "RELEASED", same: ["RELEASED", "EXPIRED", "RESTOCKED"] });
      case "restock":
        return this.#restock(command.id);
      case "extend":
        return this.#extend(command, now);
      case "adjust":
        return this.#adjust(command);
      case "set":
        return this.#set(command);
      case "sweep":
        for (const sku of Object.keys(this.stock)) this.expireDue(sku, now);
        return {};
      default:
        return command satisfies never;
    }
  }

  /** Frees the units of due holds on one SKU, and ends their reservations. */
  expireDue(sku: string, now: number): void {
    for (const [id, held] of Object.entries(this.holds)) {
      const reservation = this.reservations[id];
      const hold = held[sku];
      if (reservation === undefined || hold === undefined || hold[1] > now) continue;
      reservation.state = "EXPIRED";
      this.#free(id, sku);
    }
  }

  #reserve({ id, lines, ttl }: Command & { rpc: "reserve" }, now: number): Answer {
    const known = this.reservations[id];
    if (known !== undefined) {
      const same =
        Object.keys(lines).length === Object.keys(known.lines).length &&
        Object.entries(lines).every(([sku, units]) => known.lines[sku] === units);
      if (!same) return { reason: "RESERVATION_MISMATCH", id };
      if (known.state === "HELD" || known.state === "COMMITTED") return this.#answer(id);
      return { reason: "RESERVATION_CLOSED", id, state: known.state };
    }
    const short = () => Object.entries(lines).filter(([sku, units]) => this.#available(sku) < units);
    for (const [sku] of short()) this.expireDue(sku, now);
    const lacking = short().map(([sku, requested]) => ({
      sku,
      requested,
      available: this.#available(sku),
      earliest: this.#earliest(sku),
    }));
    if (lacking.length > 0) return { reason: "INSUFFICIENT_STOCK", lacking: bySku(lacking) };
    const expires = now + ttl;
    this.reservations[id] = { state: "HELD", lines, expires };
    this.holds[id] = {};
    for (const [sku, units] of Object.entries(lines)) {
      this.holds[id][sku] = [units, expires];
      this.#counters(sku).reserved += BigInt(units);
    }
    return this.#answer(id);
  }

  #end(id: string, { to, same }: { to: "COMMITTED" | "RELEASED"; same: ReservationState[] }): Answer {
    const reservation = this.reservations[id];
    if (reservation === undefined) return { reason: "RESERVATION_NOT_FOUND", id };
    const { state } = reservation;
    if (state === "HELD") {
      for (const sku of Object.keys(this.holds[id] ?? {})) {
        const units = this.#free(id, sku);
        if (to === "COMMITTED") this.#take(sku, units);
      }
      reservation.state = to;
    } else if (!same.includes(state)) return closed(id, state, { committed: "RESERVATION_COMMITTED" });
    return this.#answer(id);
  }

  #restock(id: string): Answer {
    const reservation = this.reservations[id];
    if (reservation === undefined) return { reason: "RESERVATION_NOT_FOUND", id };
    if (reservation.state === "COMMITTED") {
      for (const [sku, units] of Object.entries(reservation.lines)) {
        this.stock[sku] = arrived(this.#counters(sku), BigInt(units));
      }
      reservation.state = "RESTOCKED";
    } else if (reservation.state !== "RESTOCKED") return closed(id, reservation.state);
    return this.#answer(id);
  }

  #extend({ id, ttl }: Command & { rpc: "extend" }, now: number): Answer {
    const reservation = this.reservations[id];
    if (reservation === undefined) return { reason: "RESERVATION_NOT_FOUND", id };
    if (reservation.state !== "HELD") {
      return closed(id, reservation.state, { committed: "RESERVATION_COMMITTED" });
    }
    reservation.expires = Math.max(reservation.expires, now + ttl);
    for (const [sku, [units]] of Object.entries(this.holds[id] ?? {})) {
      (this.holds[id] ?? {})[sku] = [units, reservation.expires];
    }
    return this.#answer(id);
  }

  #adjust({ sku, delta }: Command & { rpc: "adjust" }): Answer {
    const before = this.stock[sku];
    if (before === undefined) return { reason: "STOCK_NOT_FOUND", sku };
    return this.#write(sku, arrived(before, BigInt(delta)));
  }

  #set({ sku, onHand, backorder }: Command & { rpc: "set" }): Answer {
    const before = this.stock[sku] ?? { onHand: 0n, reserved: 0n, backorder: 0n, owed: 0n };
    // Who counts units has served those who waited.
    const owed = onHand > 0 ? 0n : before.owed;
    return this.#write(sku, {
      ...before,
      onHand: BigInt(onHand),
      owed,
      backorder: backorder === undefined ? before.backorder + before.owed - owed : BigInt(backorder),
    });
  }

  #write(sku: string, counters: Counters): Answer {
    const { owed: _, ...shown } = counters;
    const { onHand, reserved, backorder } = shown;
    if (onHand < 0n || reserved > onHand + backorder) return { reason: "STOCK_BELOW_RESERVED", sku };
    this.stock[sku] = counters;
    return { sku, ...shown };
  }

  #free(id: string, sku: string): number {
    const [units] = this.holds[id]?.[sku] ?? [0];
    delete this.holds[id]?.[sku];
    if (Object.keys(this.holds[id] ?? {}).length === 0) delete this.holds[id];
    this.#counters(sku).reserved -= BigInt(units);
    return units;
  }

  #take(sku: string, units: number): void {
    const counters = this.#counters(sku);
    const fromHand = counters.onHand < units ? counters.onHand : BigInt(units);
    counters.onHand -= fromHand;
    counters.backorder -= BigInt(units) - fromHand;
    counters.owed += BigInt(units) - fromHand;
  }

  #counters(sku: string): Counters {
    const counters = this.stock[sku];
    if (counters === undefined) throw new Error(`units of ${sku} move, but it has no stock`);
    return counters;
  }

  #available(sku: string): number {
    const { onHand, reserved, backorder } = this.stock[sku] ?? { onHand: 0n, reserved: 0n, backorder: 0n };
    return Number(onHand + backorder - reserved);
  }

  #earliest(sku: string): number | undefined {
    const times = Object.values(this.holds).flatMap((held) => held[sku]?.[1] ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #answer(id: string): Answer {
    return { id, ...structuredClone(this.reservations[id]) };
  }
}

/** Units that come in, or are lost: the stock less what is owed moves, and what may be sold in all stays. */
function arrived({ onHand, reserved, backorder, owed }: Counters, units: bigint): Counters {
  const net = onHand - owed + units;
  // A loss is of units on the shelf: it makes nobody wait.
  if (units < 0n) return { onHand: onHand + units, reserved, backorder, owed };
  const waits = net < 0n ? -net : 0n;
  return { onHand: net + waits, reserved, backorder: backorder + owed - waits, owed: waits };
}

function closed(id: string, state: ReservationState, { committed = "RESERVATION_CLOSED" } = {}): Answer {
  if (state === "COMMITTED" && committed === "RESERVATION_COMMITTED") return { reason: committed, id };
  return { reason: "RESERVATION_CLOSED", id, state };
}

/** In one order: calls of one batch with the same lines in another order share an answer. */
export function bySku<T extends { sku: string }>(lines: readonly T[]): T[] {
  return [...lines].sort((a, b) => (a.sku < b.sku ? -1 : 1));
}
