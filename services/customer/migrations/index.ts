import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";

/** The Postgres schema of the Customer service. */
export const customerSchema: Schema = {
  name: "customer",
  migrations: [{ name: "0001-init", up: init }],
};
