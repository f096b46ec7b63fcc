import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";

/** The schema of the catalog. Forward only: a change is a new migration. */
export const catalogSchema: Schema = {
  name: "catalog",
  migrations: [{ name: "0001-init", up: init }],
};
