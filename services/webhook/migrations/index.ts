import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";

/** The Postgres schema of the Webhook service. Forward only: a change is a new migration. */
export const webhookSchema: Schema = {
  name: "webhook",
  migrations: [{ name: "0001-init", up: init }],
};
