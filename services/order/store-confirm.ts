/** Orders that stand still, and whose buyers nothing has told so far where they stand. */
import { type Queryable, sql } from "../../lib/db/index.ts";
import type { ConfirmationNews } from "./jobs.ts";

/** The first condition is that of the index `orders_unconfirmed`. */
const isQuiet = (since: Date) => sql`
  ((state = 'PENDING_PAYMENT' and confirmed = '') or (state = 'PAID' and confirmed <> 'PAID'))
  and create_time <= ${since} and update_time <= ${since} and payment_state is distinct from 'PROCESSING'`;

/** Whether there are any that have not changed since a time. */
export async function hasQuiet(db: Queryable, since: Date): Promise<boolean> {
  const [found] = await db.query<{ any: boolean }>(
    sql`select exists (select 1 from orders where ${isQuiet(since)}) as any`,
  );
  return found?.any === true;
}

/** An order whose buyer is to be told where it stands. */
export interface Quiet {
  orderId: string;
  news: ConfirmationNews;
  /** Whether the payment's instructions have told it. */
  instructed: boolean;
}

/** Takes those that have not changed since a time, the oldest first; of several who take at once each gets its own. */
export function claimQuiet(
  db: Queryable,
  { since, limit }: { since: Date; limit: number },
): Promise<Quiet[]> {
  return db.query<Quiet>(sql`
    with quiet as (
      select id from orders where ${isQuiet(since)} order by create_time limit ${limit} for update skip locked
    )
    update orders set confirmed = case state when 'PAID' then 'PAID' else 'PLACED' end
    where id in (select id from quiet)
    returning id as "orderId", confirmed as news,
      payment_state is not distinct from 'AWAITING_TRANSFER' as instructed`);
}
