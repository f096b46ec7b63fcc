import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";
import { webhooks } from "./0002-webhooks.ts";
import { outbox } from "./0003-outbox.ts";
import { bank } from "./0004-bank.ts";
import { disputes } from "./0005-disputes.ts";
import { savedMethods } from "./0006-saved-methods.ts";
import { providerTransfers } from "./0007-provider-transfers.ts";
import { olderProcesses } from "./0008-older-processes.ts";

/** The Postgres schema of the Payment service. */
export const paymentSchema: Schema = {
  name: "payment",
  migrations: [
    { name: "0001-init", up: init },
    { name: "0002-webhooks", up: webhooks },
    { name: "0003-outbox", up: outbox },
    { name: "0004-bank", up: bank },
    { name: "0005-disputes", up: disputes },
    { name: "0006-saved-methods", up: savedMethods },
    { name: "0007-provider-transfers", up: providerTransfers },
    { name: "0008-older-processes", up: olderProcesses },
  ],
};
