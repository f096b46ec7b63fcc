import { ShippingService } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import { defineService, type ServiceModule } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import type { Carrier } from "./carrier.ts";
import { buyLabel } from "./rpc/buy-label.ts";
import { createShipment } from "./rpc/create-shipment.ts";
import { getShipment } from "./rpc/get-shipment.ts";
import { listShipments } from "./rpc/list-shipments.ts";
import { selectRate } from "./rpc/select-rate.ts";

/** What Shipping stands on. */
export interface ShippingDeps {
  db: Db;
  clock: Clock;
  log: Log;
  carrier: Carrier;
}

/** Composes the Shipping service. */
export function createShippingService(deps: ShippingDeps): ServiceModule {
  return {
    services: [
      defineService(ShippingService, {
        createShipment: createShipment(deps),
        selectRate: selectRate(deps),
        buyLabel: buyLabel(deps),
        getShipment: getShipment(deps),
        listShipments: listShipments(deps),
      }),
    ],
  };
}
