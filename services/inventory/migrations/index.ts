import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";

/** The Postgres schema of the Inventory service. */
export const inventorySchema: Schema = {
  name: "inventory",
  migrations: [{ name: "0001-init", up: init }],
};
