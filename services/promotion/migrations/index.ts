import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";

/** The Postgres schema of the Promotion service. Forward only: a change is a new migration. */
export const promotionSchema: Schema = {
  name: "promotion",
  migrations: [{ name: "0001-init", up: init }],
};
