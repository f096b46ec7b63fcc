import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";
import { delivery } from "./0002-delivery.ts";
import { recipient } from "./0003-recipient.ts";
import { template } from "./0004-template.ts";
import { suppression } from "./0005-suppression.ts";
import { setting } from "./0006-setting.ts";

/** The Postgres schema of the Notify service. */
export const notifySchema: Schema = {
  name: "notify",
  migrations: [
    { name: "0001-init", up: init },
    { name: "0002-delivery", up: delivery },
    { name: "0003-recipient", up: recipient },
    { name: "0004-template", up: template },
    { name: "0005-suppression", up: suppression },
    { name: "0006-setting", up: setting },
  ],
};
