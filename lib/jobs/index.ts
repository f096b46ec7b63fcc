export type { JobRecord } from "./find-jobs.ts";
export type { Jobs, JobsOptions } from "./jobs.ts";
export { createJobs } from "./jobs.ts";
export type { EnqueueOptions, Queue, QueueOptions } from "./queue.ts";
export { defineQueue } from "./queue.ts";
export type { Recurrence } from "./schedule.ts";
export { jobsSchema } from "./schema.ts";
export type { Job, JobHandler, WorkOptions } from "./worker.ts";
export { JobRejected } from "./worker.ts";
