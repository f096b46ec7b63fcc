import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationMs, timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type ExtendRequestSchema,
  Reservation_State,
  ReservationSchema,
} from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import type { Clock } from "../../../lib/clock.ts";
import type { OrderDeps } from "../service.ts";
import { refuse, type Wire } from "./wire.ts";

/** A reservation as the fake keeps it. */
export interface FakeReservation {
  state: "HELD" | "COMMITTED" | "RELEASED" | "EXPIRED" | "RESTOCKED";
  /** Units by SKU. */
  lines: Record<string, number>;
  expireTime: Date;
}

type Ttl = MessageInitShape<typeof ExtendRequestSchema>["ttl"];

/** Stock in memory, held and committed as Inventory does it. */
export class FakeInventory {
  /** Units on hand by SKU; what was never set is plenty. */
  readonly onHand = new Map<string, number>();
  readonly reservations = new Map<string, FakeReservation>();
  readonly #wire: Wire;
  readonly #clock: Clock;

  constructor(wire: Wire, clock: Clock) {
    this.#wire = wire;
    this.#clock = clock;
  }

  readonly client: OrderDeps["inventory"] = {
    reserve: ({ reservationId: id = "", lines = [], ttl }) =>
      this.#wire.serve("inventory.reserve", id, () => {
        const wanted = Object.fromEntries(
          lines.map(({ sku = "", quantity = 0n }) => [sku, Number(quantity)]),
        );
        const earlier = this.reservations.get(id);
        if (earlier !== undefined) {
          if (JSON.stringify(earlier.lines) !== JSON.stringify(wanted))
            throw refuse("RESERVATION_MISMATCH", {});
          if (earlier.state !== "HELD" && earlier.state !== "COMMITTED")
            throw refuse("RESERVATION_CLOSED", {});
          return this.#message(id);
        }
        for (const [sku, quantity] of Object.entries(wanted)) {
          if (this.available(sku) < quantity) this.expireDue();
          const available = this.available(sku);
          if (available < quantity) {
            throw refuse("INSUFFICIENT_STOCK", {
              sku,
              requested: String(quantity),
              available: String(available),
            });
          }
        }
        this.reservations.set(id, { state: "HELD", lines: wanted, expireTime: this.#after(ttl) });
        return this.#message(id);
      }),
    getReservation: ({ reservationId: id = "" }) =>
      this.#wire.serve("inventory.get", id, () =>
        Object.assign(this.#message(id), { createTime: timestampFromDate(this.#clock()) }),
      ),
    commit: ({ reservationId: id = "" }) =>
      this.#wire.serve("inventory.commit", id, () =>
        this.#end(id, { from: "HELD", to: "COMMITTED", reached: ["COMMITTED"], units: -1 }),
      ),
    release: ({ reservationId: id = "" }) =>
      this.#wire.serve("inventory.release", id, () =>
        this.#end(id, { from: "HELD", to: "RELEASED", reached: ["RELEASED", "EXPIRED", "RESTOCKED"] }),
      ),
    restock: ({ reservationId: id = "" }) =>
      this.#wire.serve("inventory.restock", id, () =>
        this.#end(id, { from: "COMMITTED", to: "RESTOCKED", reached: ["RESTOCKED"], units: 1 }),
      ),
    extend: ({ reservationId: id = "", ttl }) =>
      this.#wire.serve("inventory.extend", id, () => {
        const { expireTime } = this.#end(id, { from: "HELD", to: "HELD", reached: [] });
        const later = this.#after(ttl);
        if (later > expireTime) this.#get(id).expireTime = later;
        return this.#message(id);
      }),
  };

  /** Units that can be reserved; those of due holds are not among them until somebody expires them. */
  available(sku: string): number {
    const held = [...this.reservations.values()].filter(({ state }) => state === "HELD");
    return (this.onHand.get(sku) ?? 1_000_000) - held.reduce((sum, { lines }) => sum + (lines[sku] ?? 0), 0);
  }

  /** What the sweep does, and whoever is short. */
  expireDue(): void {
    for (const reservation of this.reservations.values()) {
      const due = reservation.expireTime <= this.#clock();
      if (reservation.state === "HELD" && due) reservation.state = "EXPIRED";
    }
  }

  /** The states of an order's reservations, the first one first. */
  statesOf(orderId: string): string[] {
    const own = [...this.reservations].filter(([id]) => id === orderId || id.startsWith(`${orderId}:`));
    return own.map(([, { state }]) => state);
  }

  #after(ttl: Ttl): Date {
    if (ttl === undefined) throw new Error("a hold needs a time");
    return new Date(this.#clock().getTime() + durationMs({ seconds: 0n, nanos: 0, ...ttl } as never));
  }

  #end(
    id: string,
    {
      from,
      to,
      reached,
      units = 0,
    }: {
      from: FakeReservation["state"];
      to: FakeReservation["state"];
      reached: FakeReservation["state"][];
      units?: number;
    },
  ) {
    const reservation = this.#get(id);
    if (reservation.state === from) {
      reservation.state = to;
      for (const [sku, quantity] of Object.entries(reservation.lines)) {
        const onHand = this.onHand.get(sku);
        if (onHand !== undefined) this.onHand.set(sku, onHand + units * quantity);
      }
    } else if (!reached.includes(reservation.state)) {
      throw refuse(reservation.state === "COMMITTED" ? "RESERVATION_COMMITTED" : "RESERVATION_CLOSED", {});
    }
    return Object.assign(this.#message(id), { expireTime: reservation.expireTime });
  }

  #get(id: string): FakeReservation {
    const reservation = this.reservations.get(id);
    if (reservation === undefined) throw refuse("RESERVATION_NOT_FOUND", {});
    return reservation;
  }

  #message(id: string) {
    const { state, expireTime } = this.#get(id);
    return create(ReservationSchema, {
      id,
      state: Reservation_State[state],
      expireTime: timestampFromDate(expireTime),
    });
  }
}
