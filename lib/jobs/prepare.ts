import type { PgBoss, QueueResult } from "pg-boss";
import { type Db, type Queryable, roleOf, sql } from "../db/index.ts";
import { type Queue, storedOptions } from "./queue.ts";

// Any number that nobody else locks; grants made at once by two processes fail without it.
const GRANT_LOCK = 0x6a6f6273n;

/** Brings queues and grants in line with their definitions: two statements when nothing is to be done. */
export async function prepare({
  db,
  boss,
  queues,
  schemas,
}: {
  db: Db;
  boss: PgBoss;
  queues: readonly Queue<never>[];
  schemas: readonly string[];
}): Promise<void> {
  const definitions = withDeadLetters(queues);
  const stored = new Map(
    (await boss.getQueues(definitions.map(({ name }) => name))).map((queue) => [queue.name, queue]),
  );
  for (const queue of definitions) await ensureQueue(boss, queue, stored.get(queue.name));
  await ensureGrants(db, schemas.map(roleOf));
}

/** Each queue once, dead letter queues before those that name them. */
function withDeadLetters(queues: readonly Queue<never>[]): Queue<never>[] {
  const all = new Map<string, Queue<never>>();
  const add = (queue: Queue<never>) => {
    if (queue.options.deadLetter) add(queue.options.deadLetter);
    const other = all.get(queue.name);
    if (other !== undefined && other !== queue) throw new TypeError(`queue ${queue.name} is defined twice`);
    all.set(queue.name, queue);
  };
  for (const queue of queues) add(queue);
  return [...all.values()];
}

async function ensureQueue(
  boss: PgBoss,
  queue: Queue<never>,
  stored: QueueResult | undefined,
): Promise<void> {
  const wanted = storedOptions(queue);
  if (stored === undefined) {
    await boss.createQueue(queue.name, wanted);
    return;
  }
  const { policy, ...rest } = wanted;
  if (stored.policy !== policy) {
    throw new Error(
      `the policy of queue ${queue.name} is ${stored.policy} and cannot become ${policy}: name the queue anew`,
    );
  }
  const changeable = { ...rest, deadLetter: rest.deadLetter ?? null };
  const keys = Object.keys(changeable) as (keyof typeof changeable)[];
  if (keys.some((key) => (stored[key] ?? null) !== changeable[key]))
    await boss.updateQueue(queue.name, changeable);
}

/** What enqueuing needs, and no more: a service cannot read the data of jobs, its own or others'. */
async function ensureGrants(db: Db, roles: readonly string[]): Promise<void> {
  if (roles.length === 0) return;
  const missing = (on: Queryable) =>
    on.query<{ role: string }>(sql`
      select role from unnest(${roles}::text[]) as role
      where not (has_schema_privilege(role, 'jobs', 'usage')
        and has_table_privilege(role, 'jobs.queue', 'select')
        and has_table_privilege(role, 'jobs.job_common', 'insert')
        and has_column_privilege(role, 'jobs.job_common', 'id', 'select'))`);
  if ((await missing(db)).length === 0) return;
  await db.transaction(async (tx) => {
    await tx.query(sql`select pg_advisory_xact_lock(${GRANT_LOCK})`);
    for (const { role } of await missing(tx)) {
      await tx.run({
        text: `grant usage on schema jobs to ${role};
          grant select on jobs.queue to ${role};
          grant insert, select (id) on jobs.job_common to ${role}`,
        values: [],
        name: undefined,
      });
    }
  });
}
