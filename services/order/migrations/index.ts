import type { Schema } from "../../../lib/db/index.ts";
import { init } from "./0001-init.ts";
import { lateMoney } from "./0002-late-money.ts";
import { keys } from "./0003-keys.ts";
import { owner } from "./0004-owner.ts";
import { channel } from "./0005-channel.ts";
import { prices } from "./0006-prices.ts";
import { refunds } from "./0007-refunds.ts";
import { metadata } from "./0008-metadata.ts";
import { outbox } from "./0009-outbox.ts";
import { parcels } from "./0010-parcels.ts";
import { shipments } from "./0011-shipments.ts";
import { disputes } from "./0012-disputes.ts";
import { refusedCodes } from "./0013-refused-codes.ts";
import { confirmed } from "./0014-confirmed.ts";
import { problems } from "./0015-problems.ts";

/** The Postgres schema of the Order service. */
export const orderSchema: Schema = {
  name: "order",
  migrations: [
    { name: "0001-init", up: init },
    { name: "0002-late-money", up: lateMoney },
    { name: "0003-keys", up: keys },
    { name: "0004-owner", up: owner },
    { name: "0005-channel", up: channel },
    { name: "0006-prices", up: prices },
    { name: "0007-refunds", up: refunds },
    { name: "0008-metadata", up: metadata },
    { name: "0009-outbox", up: outbox },
    { name: "0010-parcels", up: parcels },
    { name: "0011-shipments", up: shipments },
    { name: "0012-disputes", up: disputes },
    { name: "0013-refused-codes", up: refusedCodes },
    { name: "0014-confirmed", up: confirmed },
    { name: "0015-problems", up: problems },
  ],
};
