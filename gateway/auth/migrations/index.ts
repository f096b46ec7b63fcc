import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";

/** The schema of accounts, sessions and API keys. Forward only: a change is a new migration. */
export const authSchema: Schema = {
  name: "auth",
  migrations: [{ name: "0001-init", up: init }],
};
