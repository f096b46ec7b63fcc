import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";
import { owner } from "./0002-owner.ts";

/** The Postgres schema of the Cart service; not used when carts are in Redis. */
export const cartSchema: Schema = {
  name: "cart",
  migrations: [
    { name: "0001-init", up: init },
    { name: "0002-owner", up: owner },
  ],
};
