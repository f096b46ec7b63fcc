import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";
import { ledgerKey } from "./0002-ledger-key.ts";
import { demand } from "./0003-demand.ts";
import { locations } from "./0004-locations.ts";
import { alerts } from "./0005-alerts.ts";
import { outbox } from "./0006-outbox.ts";
import { noticeLanguage } from "./0007-notice-language.ts";

/** The Postgres schema of the Inventory service. */
export const inventorySchema: Schema = {
  name: "inventory",
  migrations: [
    { name: "0001-init", up: init },
    { name: "0002-ledger-key", up: ledgerKey },
    { name: "0003-demand", up: demand },
    { name: "0004-locations", up: locations },
    { name: "0005-alerts", up: alerts },
    { name: "0006-outbox", up: outbox },
    { name: "0007-notice-language", up: noticeLanguage },
  ],
};
