import type { Counters } from "../reconcile.ts";
import type { ReservationState } from "../stock.ts";

/** One call, by short names: `R0` is a reservation, `A` a SKU, `west` a location. Times in seconds. */
export type Command =
  | { rpc: "reserve"; id: string; lines: Record<string, number>; ttl: number }
  | { rpc: "commit" | "release" | "restock"; id: string }
  | { rpc: "extend"; id: string; ttl: number }
  | { rpc: "adjust"; sku: string; at: string; delta: number }
  | { rpc: "set"; sku: string; at: string; onHand: number; backorder: number | undefined }
  | { rpc: "transfer"; sku: string; from: string; to: string; units: number }
  | { rpc: "pause"; at: string; paused: boolean }
  | { rpc: "sweep" };

/** What a call answers, so that two of them can be compared: a message's fields, or the reason and metadata of an error. */
export type Answer = Record<string, unknown>;

interface Reservation {
  state: ReservationState;
  lines: Record<string, number>;
  /** What it holds, or held, by shelf. */
  taken: Record<string, number>;
  /** In seconds, as the clock counts. */
  expires: number;
}

interface Place {
  priority: number;
  paused: boolean;
}

/** What a shop has, as it stands in the tables. A shelf is a SKU at a location: `A@west`. */
export interface Snapshot {
  locations: Record<string, Place>;
  /** By shelf. */
  stock: Record<string, Counters>;
  reservations: Record<string, Reservation>;
  /** By reservation, then shelf: units and time. */
  holds: Record<string, Record<string, readonly [number, number]>>;
}

/**
 * What Inventory does, one call after the other, in plain numbers: the contract
 * without locks, SQL and batches.
 */
export class Model implements Snapshot {
  readonly locations: Snapshot["locations"];
  readonly stock: Snapshot["stock"];
  readonly reservations: Snapshot["reservations"];
  readonly holds: Snapshot["holds"];

  constructor(from: Snapshot) {
    const { locations, stock, reservations, holds } = structuredClone({
      locations: from.locations,
      stock: from.stock,
      reservations: from.reservations,
      holds: from.holds,
    });
    this.locations = locations;
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
      case "transfer":
        return this.#transfer(command, now);
      case "pause":
        return this.#pause(command);
      case "sweep":
        for (const shelf of Object.keys(this.stock)) this.expireDue(shelf, now);
        return {};
      default:
        return command satisfies never;
    }
  }

  /** Frees the units of due holds on one shelf, and ends their reservations. */
  expireDue(shelf: string, now: number): void {
    for (const [id, held] of Object.entries(this.holds)) {
      const reservation = this.reservations[id];
      const hold = held[shelf];
      if (reservation === undefined || hold === undefined || hold[1] > now) continue;
      reservation.state = "EXPIRED";
      this.#free(id, shelf);
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
    for (const [sku] of short()) for (const shelf of this.#shelvesOf(sku)) this.expireDue(shelf, now);
    const lacking = short().map(([sku, requested]) => ({
      sku,
      requested,
      available: this.#available(sku),
      earliest: this.#earliest(sku),
    }));
    if (lacking.length > 0) return { reason: "INSUFFICIENT_STOCK", lacking: bySku(lacking) };
    const expires = now + ttl;
    const taken = this.#take(lines);
    this.reservations[id] = { state: "HELD", lines, taken, expires };
    this.holds[id] = Object.fromEntries(
      Object.entries(taken).map(([shelf, units]) => [shelf, [units, expires] as const]),
    );
    return this.#answer(id);
  }

  /** Reserves the lines, of which there are enough: from where, and how many. */
  #take(lines: Record<string, number>): Record<string, number> {
    const open = Object.entries(this.locations).filter(([, { paused }]) => !paused);
    open.sort(([a, { priority: p }], [b, { priority: q }]) => q - p || (a < b ? -1 : 1));
    const places = open.map(([id]) => id);
    const rest = { ...lines };
    const taken: Record<string, number> = {};
    for (const isBeyond of [false, true]) {
      const unitsAt = (sku: string, place: string) => {
        const { onHand, reserved, backorder } = this.stock[`${sku}@${place}`] ?? nothing;
        const here = onHand > reserved ? onHand - reserved : 0n;
        return Number(isBeyond ? onHand + backorder - reserved - here : here);
      };
      for (;;) {
        const wanted = Object.entries(rest).filter(([, units]) => units > 0);
        if (wanted.length === 0) return taken;
        const place =
          places.find((each) => wanted.every(([sku, units]) => unitsAt(sku, each) >= units)) ??
          places.find((each) => wanted.some(([sku]) => unitsAt(sku, each) > 0));
        if (place === undefined) break;
        for (const [sku, units] of wanted) {
          const some = Math.min(units, unitsAt(sku, place));
          if (some === 0) continue;
          const shelf = `${sku}@${place}`;
          this.#counters(shelf).reserved += BigInt(some);
          taken[shelf] = (taken[shelf] ?? 0) + some;
          rest[sku] = units - some;
        }
      }
    }
    throw new Error("there were enough units, and yet they are not to be found");
  }

  #end(id: string, { to, same }: { to: "COMMITTED" | "RELEASED"; same: ReservationState[] }): Answer {
    const reservation = this.reservations[id];
    if (reservation === undefined) return { reason: "RESERVATION_NOT_FOUND", id };
    const { state } = reservation;
    if (state === "HELD") {
      for (const shelf of Object.keys(this.holds[id] ?? {})) {
        const units = this.#free(id, shelf);
        if (to === "COMMITTED") this.#sell(shelf, units);
      }
      reservation.state = to;
    } else if (!same.includes(state)) return closed(id, state, { committed: "RESERVATION_COMMITTED" });
    return this.#answer(id);
  }

  #restock(id: string): Answer {
    const reservation = this.reservations[id];
    if (reservation === undefined) return { reason: "RESERVATION_NOT_FOUND", id };
    if (reservation.state === "COMMITTED") {
      for (const [shelf, units] of Object.entries(reservation.taken)) {
        this.stock[shelf] = arrived(this.#counters(shelf), BigInt(units));
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
    for (const [shelf, [units]] of Object.entries(this.holds[id] ?? {})) {
      (this.holds[id] ?? {})[shelf] = [units, reservation.expires];
    }
    return this.#answer(id);
  }

  #adjust({ sku, at, delta }: Command & { rpc: "adjust" }): Answer {
    const before = this.stock[`${sku}@${at}`];
    if (before === undefined) return { reason: "STOCK_NOT_FOUND", sku, at };
    return this.#write({ sku, at }, arrived(before, BigInt(delta)));
  }

  #set({ sku, at, onHand, backorder }: Command & { rpc: "set" }): Answer {
    const before = this.stock[`${sku}@${at}`] ?? nothing;
    // Who counts units has served those who waited.
    const owed = onHand > 0 ? 0n : before.owed;
    return this.#write(
      { sku, at },
      {
        ...before,
        onHand: BigInt(onHand),
        owed,
        backorder: backorder === undefined ? before.backorder + before.owed - owed : BigInt(backorder),
      },
    );
  }

  #transfer({ sku, from, to, units }: Command & { rpc: "transfer" }, now: number): Answer {
    const source = this.stock[`${sku}@${from}`];
    if (source === undefined) return { reason: "STOCK_NOT_FOUND", sku, at: from };
    const isShort = () => source.onHand - source.reserved < units;
    // What is expired for a transfer that is refused is not: nothing of it stays.
    const tried = isShort() ? new Model(this) : this;
    if (tried !== this) {
      tried.expireDue(`${sku}@${from}`, now);
      const { onHand, reserved } = tried.#counters(`${sku}@${from}`);
      if (onHand - reserved < units) return { reason: "STOCK_BELOW_RESERVED", sku, at: from };
      this.expireDue(`${sku}@${from}`, now);
    }
    const before = this.stock[`${sku}@${to}`] ?? nothing;
    return {
      from: this.#write({ sku, at: from }, { ...source, onHand: source.onHand - BigInt(units) }),
      to: this.#write({ sku, at: to }, arrived(before, BigInt(units))),
    };
  }

  #pause({ at, paused }: Command & { rpc: "pause" }): Answer {
    const place = this.locations[at];
    if (place === undefined) return { reason: "LOCATION_NOT_FOUND", at };
    place.paused = paused;
    return { at, ...place };
  }

  #write({ sku, at }: { sku: string; at: string }, counters: Counters): Answer {
    const { owed: _, ...shown } = counters;
    const { onHand, reserved, backorder } = shown;
    if (onHand < 0n || reserved > onHand + backorder) return { reason: "STOCK_BELOW_RESERVED", sku, at };
    this.stock[`${sku}@${at}`] = counters;
    return { sku, at, ...shown };
  }

  #free(id: string, shelf: string): number {
    const [units] = this.holds[id]?.[shelf] ?? [0];
    delete this.holds[id]?.[shelf];
    if (Object.keys(this.holds[id] ?? {}).length === 0) delete this.holds[id];
    this.#counters(shelf).reserved -= BigInt(units);
    return units;
  }

  #sell(shelf: string, units: number): void {
    const counters = this.#counters(shelf);
    const fromHand = counters.onHand < units ? counters.onHand : BigInt(units);
    counters.onHand -= fromHand;
    counters.backorder -= BigInt(units) - fromHand;
    counters.owed += BigInt(units) - fromHand;
  }

  #counters(shelf: string): Counters {
    const counters = this.stock[shelf];
    if (counters === undefined) throw new Error(`units of ${shelf} move, but it has no stock`);
    return counters;
  }

  #shelvesOf(sku: string): string[] {
    return Object.keys(this.stock).filter((shelf) => shelf.startsWith(`${sku}@`));
  }

  #openShelvesOf(sku: string): string[] {
    return this.#shelvesOf(sku).filter(
      (shelf) => this.locations[shelf.split("@")[1] ?? ""]?.paused === false,
    );
  }

  #available(sku: string): number {
    return this.#openShelvesOf(sku).reduce((units, shelf) => {
      const { onHand, reserved, backorder } = this.#counters(shelf);
      return units + Number(onHand + backorder - reserved);
    }, 0);
  }

  #earliest(sku: string): number | undefined {
    const shelves = this.#openShelvesOf(sku);
    const times = Object.values(this.holds).flatMap((held) =>
      shelves.flatMap((shelf) => held[shelf]?.[1] ?? []),
    );
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #answer(id: string): Answer {
    const { taken: _, ...shown } = structuredClone(this.reservations[id] ?? { taken: {} });
    return { id, ...shown };
  }
}

const nothing: Counters = { onHand: 0n, reserved: 0n, backorder: 0n, owed: 0n };

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
