import { type Queryable, sql } from "../db/index.ts";

/** A job as it stands. */
export interface JobRecord {
  id: string;
  queue: string;
  state: "created" | "retry" | "active" | "completed" | "cancelled" | "failed";
  /** How often it was begun. */
  attempts: number;
  /** The text of the last failure; empty when there was none. */
  error: string;
  createTime: Date;
  /** Before this it does not run. */
  dueTime: Date;
  /** When it was completed or given up; null until then. */
  endTime: Date | null;
}

/** More than anything has; what is beyond is left out. */
const limit = 200;

/**
 * Jobs of some queues whose data contains `match`, the oldest first. It reads
 * the queues from end to end: for people who look into one thing.
 */
export function findJobs(
  db: Queryable,
  { queues, match }: { queues: readonly string[]; match: Readonly<Record<string, string | number>> },
): Promise<JobRecord[]> {
  return db.query<JobRecord>(sql`
    select id::text, name as queue, state::text,
      retry_count + case when started_on is null then 0 else 1 end as attempts,
      case when state = 'completed' then '' else coalesce(output ->> 'message', '') end as error,
      created_on as "createTime", start_after as "dueTime", completed_on as "endTime"
    from job_common
    where name = any(${queues}::text[]) and data @> ${JSON.stringify(match)}::jsonb
    order by created_on
    limit ${limit}`);
}
