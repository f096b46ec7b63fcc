import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";

/** The Postgres schema of the Order service. */
export const orderSchema: Schema = {
  name: "order",
  migrations: [{ name: "0001-init", up: init }],
};
