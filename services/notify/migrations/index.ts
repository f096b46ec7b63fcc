import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";

/** The Postgres schema of the Notify service. */
export const notifySchema: Schema = {
  name: "notify",
  migrations: [{ name: "0001-init", up: init }],
};
