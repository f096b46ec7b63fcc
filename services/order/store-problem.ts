import { json, type Queryable, sql } from "../../lib/db/index.ts";
import { newId } from "../../lib/ids/ids.ts";
import { changed } from "../../lib/watch/index.ts";
import type { OrderJob } from "./jobs.ts";

/** What a job of an order could not do. */
export interface Problem {
  id: string;
  orderId: string;
  /** The job's queue. */
  queue: string;
  /** What the job carries. */
  data: OrderJob;
  /** Its last failure. */
  message: string;
  attempts: number;
  /** Whether the job tries no more. */
  givenUp: boolean;
  createTime: Date;
  updateTime: Date;
}

const problemColumns = sql`
  id, order_id as "orderId", queue, data, message, attempts, given_up as "givenUp",
  create_time as "createTime", update_time as "updateTime"`;

/** Notes the last failure of a job; with the first one, and when it gives up, in the order's timeline, too. */
export async function noteProblem(
  db: Queryable,
  {
    jobId,
    queue,
    data,
    message,
    attempts,
    givenUp,
  }: Pick<Problem, "queue" | "data" | "message" | "attempts" | "givenUp"> & { jobId: string },
): Promise<void> {
  const { orderId } = data;
  // The order first, as every change of it does: so its events have their ids in the order of their commits.
  await db.execute(sql`
    with locked as (
      select id from orders where id = ${orderId} for update
    ), noted as (
      insert into problem as p (id, job_id, order_id, queue, data, message, attempts, given_up)
      values (${newId("prb")}, ${jobId}, ${orderId}, ${queue}, ${json(data)}::jsonb, ${message}, ${attempts},
        ${givenUp})
      on conflict on constraint problem_job_key do update set message = excluded.message,
        attempts = excluded.attempts, given_up = excluded.given_up, update_time = now()
      returning xmax = 0 or given_up as is_news
    )
    insert into event (order_id, kind, data)
    select locked.id, 'stuck', ${json({ queue, given_up: String(givenUp) })}::jsonb from locked, noted
    where noted.is_news`);
  changed(db, [orderId]);
}

/** Forgets the problem of a job that has done its work after all. */
export async function removeProblem(db: Queryable, jobId: string): Promise<void> {
  await db.execute(sql`delete from problem where job_id = ${jobId}`);
}

/** Takes an order's problems away, to take up anew what they are about; each is taken by one call. */
export async function takeProblems(tx: Queryable, orderId: string): Promise<Problem[]> {
  const problems = await tx.query<Problem>(sql`
    with locked as (
      select id from orders where id = ${orderId} for update
    ), taken as (
      delete from problem where order_id = ${orderId} returning ${problemColumns}
    ), noted as (
      insert into event (order_id, kind, data)
      select locked.id, 'retried', jsonb_build_object('queue', queue) from locked, taken
    )
    select * from taken order by id`);
  if (problems.length > 0) changed(tx, [orderId]);
  return problems;
}

/** One page of problems below an id, the newest first, with one row more than asked for. */
export async function listProblems(
  db: Queryable,
  { below, limit, orderId }: { below: string | undefined; limit: number; orderId: string },
): Promise<Problem[]> {
  return db.query<Problem>(sql`
    select ${problemColumns} from problem
    where (${below ?? null}::text is null or id < ${below ?? null})
      and (${orderId} = '' or order_id = ${orderId})
    order by id desc
    limit ${limit + 1}`);
}
