import process from "node:process";
import { migrate } from "../lib/db/index.ts";
import { jobsSchema } from "../lib/jobs/index.ts";
import { createLog } from "../lib/telemetry/log.ts";
import { schemas } from "./start/database.ts";

const url = process.env["DATABASE_URL"];
if (url === undefined || url === "") {
  process.stderr.write("DATABASE_URL is not set: the embedded Postgres is migrated when the shop starts\n");
  process.exit(1);
}
await migrate({
  url,
  schemas: [jobsSchema, ...Object.values(schemas)],
  log: createLog({ pretty: process.stdout.isTTY }),
});
