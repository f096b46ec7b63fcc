import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";
import { doubtfulRates } from "./0002-doubtful-rates.ts";
import { webhooks } from "./0003-webhooks.ts";
import { keyLeases } from "./0004-key-leases.ts";
import { flatRates } from "./0005-flat-rates.ts";
import { afterTheLabel } from "./0006-after-the-label.ts";
import { outbox } from "./0007-outbox.ts";

/** The Postgres schema of the Shipping service. */
export const shippingSchema: Schema = {
  name: "shipping",
  migrations: [
    { name: "0001-init", up: init },
    { name: "0002-doubtful-rates", up: doubtfulRates },
    { name: "0003-webhooks", up: webhooks },
    { name: "0004-key-leases", up: keyLeases },
    { name: "0005-flat-rates", up: flatRates },
    { name: "0006-after-the-label", up: afterTheLabel },
    { name: "0007-outbox", up: outbox },
  ],
};
