import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";
import { taxCategory } from "./0002-tax-category.ts";
import { customs } from "./0003-customs.ts";

/** The schema of the catalog. Forward only: a change is a new migration. */
export const catalogSchema: Schema = {
  name: "catalog",
  migrations: [
    { name: "0001-init", up: init },
    { name: "0002-tax-category", up: taxCategory },
    { name: "0003-customs", up: customs },
  ],
};
