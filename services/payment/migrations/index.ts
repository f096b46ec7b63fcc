import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";
import { webhooks } from "./0002-webhooks.ts";
import { outbox } from "./0003-outbox.ts";

/** The Postgres schema of the Payment service. */
export const paymentSchema: Schema = {
  name: "payment",
  migrations: [
    { name: "0001-init", up: init },
    { name: "0002-webhooks", up: webhooks },
    { name: "0003-outbox", up: outbox },
  ],
};
