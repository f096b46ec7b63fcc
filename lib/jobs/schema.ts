import { getConstructionPlans } from "pg-boss";
import type { Schema } from "../db/migrate.ts";

/** Name of the schema, and of the role `rowlock_jobs`. */
export const JOBS_SCHEMA = "jobs";

// pg-boss brings its own BEGIN and COMMIT; a migration has a transaction already.
const construction = getConstructionPlans(JOBS_SCHEMA, { createSchema: false })
  .replace(/^\s*BEGIN;/, "")
  .replace(/COMMIT;\s*$/, "");

/**
 * pg-boss's tables, in the version that is installed. A later version of pg-boss brings an older schema up to date when
 * `Jobs.start` first runs it; this list does not grow for that.
 */
export const jobsSchema: Schema = {
  name: JOBS_SCHEMA,
  migrations: [
    { name: "0001-pg-boss", up: construction },
    {
      name: "0002-active-index",
      // Finds the jobs of dead workers every few seconds without reading those that have ended.
      up: "create index job_common_active on job_common (name) where state = 'active';",
    },
  ],
};
