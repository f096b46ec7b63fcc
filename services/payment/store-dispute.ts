import { type Queryable, sql } from "../../lib/db/index.ts";
import type { CardDispute, Dispute, DisputeStatus } from "./dispute.ts";

const disputeColumns = sql`
  d.id, d.payment_id as "paymentId", p.order_id as "orderId", d.provider_id as "providerId",
  d.currency_code as "currencyCode", d.amount, d.withdrawn, d.reason, d.status, d.due_time as "dueTime", d.look,
  d.create_time as "createTime", d.update_time as "updateTime"`;

/** The disputes of several payments, the oldest first. */
export async function listDisputesOf(db: Queryable, paymentIds: readonly string[]): Promise<Dispute[]> {
  return db.query<Dispute>(sql`
    select ${disputeColumns} from dispute d join payment p on p.id = d.payment_id
    where d.payment_id = any(${paymentIds}::text[])
    order by d.id`);
}

/** One page of disputes below an id, the newest first, with one row more than asked for. */
export async function listDisputes(
  db: Queryable,
  page: { below: string | undefined; limit: number; status: DisputeStatus | undefined },
): Promise<Dispute[]> {
  return db.query<Dispute>(sql`
    select ${disputeColumns} from dispute d join payment p on p.id = d.payment_id
    where (${page.below ?? null}::text is null or d.id < ${page.below ?? null})
      and (${page.status ?? null}::text is null or d.status = ${page.status ?? null})
    order by d.id desc
    limit ${page.limit + 1}`);
}

/** Statuses after which nothing more becomes of a dispute. */
const finalStatuses: readonly DisputeStatus[] = ["INQUIRY_CLOSED", "WON", "LOST", "PREVENTED"];

/** The provider's ids of the payments of which something is disputed that is not over. */
export async function listInDispute(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ providerId: string }>(sql`
    select distinct p.provider_id as "providerId" from dispute d join payment p on p.id = d.payment_id
    where d.status <> all(${finalStatuses}::text[]) and p.provider_id is not null`);
  return rows.map(({ providerId }) => providerId);
}

/**
 * The number of a look at the provider, to be taken before it: of two looks the one with the higher number saw all that
 * was told before the lower one was taken.
 */
export async function nextLook(db: Queryable): Promise<bigint> {
  const [row] = await db.query<{ look: bigint }>(sql`select nextval('dispute_look') as look`);
  if (row === undefined) throw new Error("a sequence gave no number");
  return row.look;
}

/** Records what a look saw of a dispute. The caller has locked the payment, and seen that the look is the latest. */
export async function writeDispute(
  tx: Queryable,
  {
    id,
    paymentId,
    look,
    isNews,
    ...seen
  }: CardDispute & { id: string; paymentId: string; look: bigint; isNews: boolean },
): Promise<void> {
  await tx.execute(sql`
    insert into dispute (id, payment_id, provider_id, currency_code, amount, withdrawn, reason, status, due_time,
      look, create_time)
    values (${id}, ${paymentId}, ${seen.providerId}, ${seen.currencyCode}, ${seen.amount}, ${seen.withdrawn},
      ${seen.reason}, ${seen.status}, ${seen.dueTime}, ${look}, ${seen.createTime})
    on conflict on constraint dispute_provider_id_key do update set
      currency_code = excluded.currency_code, amount = excluded.amount, withdrawn = excluded.withdrawn,
      reason = excluded.reason, status = excluded.status, due_time = excluded.due_time, look = excluded.look,
      update_time = case when ${isNews} then now() else dispute.update_time end`);
}

/** Notes with the payment, and for other systems, that something of its disputes is new. */
export async function noteDisputed(tx: Queryable, paymentId: string): Promise<void> {
  await tx.execute(sql`
    with marked as (
      update payment set disputed = true, update_time = now() where id = ${paymentId} returning id
    )
    insert into outbox (payment_id, kind) select id, 'disputed' from marked`);
}
