import type { Db, Queryable } from "../../lib/db/index.ts";
import { fail } from "./reasons.ts";
import type { Reservation, ReservationState } from "./stock.ts";
import { findReservation, lockHeldStock } from "./store-reservation.ts";

/**
 * Ends a hold: `change` runs under the locks of the stock rows it holds units
 * on, and returns nothing unless the reservation was HELD. A reservation that
 * already stands where the change would bring it (`reached`) is the answer of
 * a repeated call.
 *
 * @throws RESERVATION_NOT_FOUND, RESERVATION_CLOSED, RESERVATION_COMMITTED.
 */
export async function endHold(
  db: Db,
  {
    id,
    change,
    reached,
  }: {
    id: string;
    change: (tx: Queryable, id: string) => Promise<Reservation | undefined>;
    reached: readonly ReservationState[];
  },
): Promise<Reservation> {
  const ended = await db.transaction(async (tx) =>
    (await lockHeldStock(tx, id)) > 0 ? change(tx, id) : undefined,
  );
  return ended ?? (await repeated(db, { id, reached }));
}

/** The reservation when it stands in one of the `reached` states; otherwise the error that fits. */
export async function repeated(
  db: Queryable,
  { id, reached }: { id: string; reached: readonly ReservationState[] },
): Promise<Reservation> {
  const reservation = await findReservation(db, id);
  if (reservation === undefined) throw fail("RESERVATION_NOT_FOUND", { reservation_id: id });
  if (reached.includes(reservation.state)) return reservation;
  if (reservation.state === "COMMITTED") throw fail("RESERVATION_COMMITTED", { reservation_id: id });
  throw fail("RESERVATION_CLOSED", { reservation_id: id, state: reservation.state });
}
