import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";

/** The schema of taxes. Forward only: a change is a new migration. */
export const taxSchema: Schema = {
  name: "tax",
  migrations: [{ name: "0001-init", up: init }],
};
