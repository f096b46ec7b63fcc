import { ShippingService } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import type { Jobs } from "../../lib/jobs/index.ts";
import { defineService, type ServiceModule } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { createInbox, type Inbox } from "../../lib/webhooks/index.ts";
import type { Carrier } from "./carrier.ts";
import { buyLabel } from "./rpc/buy-label.ts";
import { createShipment } from "./rpc/create-shipment.ts";
import { eraseShipments } from "./rpc/erase-shipments.ts";
import { getShipment } from "./rpc/get-shipment.ts";
import { listShipments } from "./rpc/list-shipments.ts";
import { listWebhookEvents } from "./rpc/list-webhook-events.ts";
import { receiveShippoWebhook } from "./rpc/receive-shippo-webhook.ts";
import { replayWebhookEvent } from "./rpc/replay-webhook-event.ts";
import { selectRate } from "./rpc/select-rate.ts";
import { applyShippoEvent, settleKnownEvents, shippingWebhooks } from "./webhooks.ts";

/** What Shipping stands on. */
export interface ShippingDeps {
  db: Db;
  clock: Clock;
  log: Log;
  carrier: Carrier;
  jobs: Pick<Jobs, "enqueue" | "enqueueAll">;
  /** The secret in the URL that Shippo was given; empty: its messages are refused. */
  webhookToken: string;
}

/** Shipping and its inbox, of which the process that hosts it does the work. */
export interface ShippingModule extends ServiceModule {
  inbox: Inbox;
}

/** Composes the Shipping service. */
export function createShippingService(deps: ShippingDeps): ShippingModule {
  const inbox = createInbox({
    ...deps,
    queue: shippingWebhooks,
    apply: (event) => applyShippoEvent(deps, event),
    settle: settleKnownEvents,
  });
  return {
    inbox,
    services: [
      defineService(ShippingService, {
        createShipment: createShipment(deps),
        selectRate: selectRate(deps),
        buyLabel: buyLabel(deps),
        getShipment: getShipment(deps),
        listShipments: listShipments(deps),
        receiveShippoWebhook: receiveShippoWebhook(deps, inbox),
        listWebhookEvents: listWebhookEvents(inbox),
        replayWebhookEvent: replayWebhookEvent(deps, inbox),
        eraseShipments: eraseShipments(deps),
      }),
    ],
  };
}
