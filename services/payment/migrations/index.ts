import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";

/** The Postgres schema of the Payment service. */
export const paymentSchema: Schema = {
  name: "payment",
  migrations: [{ name: "0001-init", up: init }],
};
