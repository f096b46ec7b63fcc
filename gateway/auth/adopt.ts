import type { Client } from "@connectrpc/connect";
import type { CartService } from "../../gen/rowlock/cart/v1/cart_pb.js";
import type { OrderService } from "../../gen/rowlock/order/v1/order_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import { sha256Hex } from "../../lib/ids/ids.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { type Adoption, claimAdoptions, deleteAdoption, insertAdoptions } from "./store-adoption.ts";

/** Gives what guests have left to the accounts they sign in to. */
export interface Adopter {
  /** Notes the guests, and adopts at once what can be; the rest is done by the sweep. Never fails for want of the services. */
  adopt: (customerId: string, guestIds: readonly string[]) => Promise<void>;
  /** Tries again what is due; how many there were. */
  sweep: () => Promise<number>;
}

/** Milliseconds that a sign-in waits for the services, so that the page after it shows the cart. */
const patienceMs = 3_000;
/** Milliseconds after which the sweep takes over from a sign-in. */
const takeoverMs = 10_000;
/** More guests than this are no one's: a browser has one token for each cart it made. */
const mostGuests = 20;
const sweepLimit = 100;

/** The digests of the tokens in `rowlock-token`, of which there may be several, separated by commas. */
export function guestIdsOf(header: string | null | undefined): string[] {
  const tokens = (header ?? "").split(",").flatMap((token) => token.trim() || []);
  return [...new Set(tokens)].slice(0, mostGuests).map(sha256Hex);
}

/** Adopts by the services' own RPCs, which may be repeated: a crash between them leaves the note, and the sweep goes on. */
export function createAdopter({
  db,
  clock,
  log,
  carts,
  orders,
}: {
  db: Db;
  clock: Clock;
  log: Log;
  carts: Pick<Client<typeof CartService>, "adoptCarts">;
  orders: Pick<Client<typeof OrderService>, "adoptOrders">;
}): Adopter {
  const options = { timeoutMs: patienceMs };
  /** Whether it is done. */
  async function adoptOne({ customerId, guestId }: Adoption): Promise<boolean> {
    try {
      // Carts first: an order made of one meanwhile goes to whom its cart belongs then.
      await carts.adoptCarts({ customerId, guestId }, options);
      await orders.adoptOrders({ customerId, guestId }, options);
      await deleteAdoption(db, { customerId, guestId });
      return true;
    } catch (err) {
      log.warn(
        { err, customer_id: customerId },
        "a guest's cart and orders are not adopted yet; the sweep tries again",
      );
      return false;
    }
  }
  return {
    adopt: async (customerId, guestIds) => {
      if (guestIds.length === 0) return;
      const nextTime = new Date(clock().getTime() + takeoverMs);
      await insertAdoptions(db, { customerId, guestIds, nextTime });
      // One after the other: each merges into the same cart. When one fails, a service is away, or slow, for all.
      for (const guestId of guestIds) {
        if (!(await adoptOne({ customerId, guestId }))) break;
      }
    },
    sweep: async () => {
      const due = await claimAdoptions(db, { now: clock(), limit: sweepLimit });
      for (const adoption of due) await adoptOne(adoption);
      return due.length;
    },
  };
}
