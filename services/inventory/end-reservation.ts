import type { Db, Queryable } from "../../lib/db/index.ts";
import { fail } from "./reasons.ts";
import type { Reservation, ReservationState } from "./stock.ts";
import { findReservations, lockHeldStock } from "./store-reservation.ts";

/**
 * Ends the holds of several reservations in one transaction: `change` runs
 * under the locks of the stock rows they hold units on, and returns those that
 * were HELD. One that already stands where the change would bring it
 * (`reached`) is the answer of a repeated call.
 *
 * One answer per id, in their order: the reservation, or RESERVATION_NOT_FOUND,
 * RESERVATION_CLOSED or RESERVATION_COMMITTED.
 */
export async function endHolds(
  db: Db,
  {
    ids,
    change,
    reached,
    isLast = false,
  }: {
    ids: readonly string[];
    change: (tx: Queryable, ids: readonly string[]) => Promise<Reservation[]>;
    reached: readonly ReservationState[];
    /** Whether what is still HELD afterwards is left at that. */
    isLast?: boolean;
  },
): Promise<(Reservation | Error)[]> {
  const distinct = [...new Set(ids)];
  const ended = await db.transaction(async (tx) =>
    (await lockHeldStock(tx, distinct)) > 0 ? change(tx, distinct) : [],
  );
  const found = new Map(ended.map((reservation) => [reservation.id, reservation]));
  const others = distinct.filter((id) => !found.has(id));
  const standing = new Map<string, Reservation>();
  if (others.length > 0) {
    for (const reservation of await findReservations(db, others)) standing.set(reservation.id, reservation);
  }
  // Reserved after their holds were looked for: those are there now.
  if (!isLast && [...standing.values()].some((reservation) => reservation.state === "HELD")) {
    return endHolds(db, { ids, change, reached, isLast: true });
  }
  return ids.map((id) => found.get(id) ?? judge(standing.get(id), { id, reached }));
}

/** The reservation when it stands in one of the `reached` states. @throws the error that fits otherwise. */
export async function repeated(
  db: Queryable,
  { id, reached }: { id: string; reached: readonly ReservationState[] },
): Promise<Reservation> {
  const [reservation] = await findReservations(db, [id]);
  const judged = judge(reservation, { id, reached });
  if (judged instanceof Error) throw judged;
  return judged;
}

function judge(
  reservation: Reservation | undefined,
  { id, reached }: { id: string; reached: readonly ReservationState[] },
): Reservation | Error {
  if (reservation === undefined) return fail("RESERVATION_NOT_FOUND", { reservation_id: id });
  if (reached.includes(reservation.state)) return reservation;
  if (reservation.state === "COMMITTED") return fail("RESERVATION_COMMITTED", { reservation_id: id });
  return fail("RESERVATION_CLOSED", { reservation_id: id, state: reservation.state });
}
