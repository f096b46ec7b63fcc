import { create } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import type { Client } from "@connectrpc/connect";
import type { OrderService } from "../../gen/rowlock/order/v1/order_pb.js";
import { FlatRateSchema, ShippingService } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import type { Jobs } from "../../lib/jobs/index.ts";
import { createRemembered, type Remembered } from "../../lib/remembered.ts";
import { defineService, type ServiceModule } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { createInbox, type Inbox } from "../../lib/webhooks/index.ts";
import type { Carrier } from "./carrier.ts";
import type { FlatRate } from "./flat-rate.ts";
import { buyLabel } from "./rpc/buy-label.ts";
import { createFlatRate } from "./rpc/create-flat-rate.ts";
import { createReturn } from "./rpc/create-return.ts";
import { createShipment } from "./rpc/create-shipment.ts";
import { deleteFlatRate } from "./rpc/delete-flat-rate.ts";
import { eraseShipments } from "./rpc/erase-shipments.ts";
import { getFlatRate } from "./rpc/get-flat-rate.ts";
import { getShipment } from "./rpc/get-shipment.ts";
import { listFlatRates } from "./rpc/list-flat-rates.ts";
import { listShipments } from "./rpc/list-shipments.ts";
import { listWebhookEvents } from "./rpc/list-webhook-events.ts";
import { markShipped } from "./rpc/mark-shipped.ts";
import { receiveShippoWebhook } from "./rpc/receive-shippo-webhook.ts";
import { replayWebhookEvent } from "./rpc/replay-webhook-event.ts";
import { selectRate } from "./rpc/select-rate.ts";
import { splitShipment } from "./rpc/split-shipment.ts";
import { updateFlatRate } from "./rpc/update-flat-rate.ts";
import { validateAddress } from "./rpc/validate-address.ts";
import { voidLabel } from "./rpc/void-label.ts";
import { findAllFlatRates } from "./store-flat-rate.ts";
import { applyShippoEvent, settleKnownEvents, shippingWebhooks } from "./webhooks.ts";

/** What Shipping stands on. */
export interface ShippingDeps {
  db: Db;
  clock: Clock;
  log: Log;
  carrier: Carrier;
  jobs: Pick<Jobs, "enqueue" | "enqueueAll">;
  orders: Pick<Client<typeof OrderService>, "settleShipment" | "beginShipping">;
  /** The secret in the URL that Shippo was given; empty: its messages are refused. */
  webhookToken: string;
}

/** What its handlers share. */
export interface ShippingParts extends ShippingDeps {
  /** All flat rates, at most a second old: every shipment that is made asks for them. */
  flatRates: Remembered<FlatRate[]>;
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
  const { db, clock } = deps;
  const validator = createValidator();
  // The first validation of a type compiles its rules, which takes tens of milliseconds.
  validator.validate(FlatRateSchema, create(FlatRateSchema));
  const flatRates = createRemembered({ read: () => findAllFlatRates(db), freshMs: 1_000, clock });
  const parts: ShippingParts = { ...deps, flatRates };
  return {
    inbox,
    services: [
      defineService(ShippingService, {
        createShipment: createShipment(parts),
        selectRate: selectRate(deps),
        buyLabel: buyLabel(deps),
        voidLabel: voidLabel(deps),
        createReturn: createReturn(deps),
        validateAddress: validateAddress(deps),
        getShipment: getShipment(deps),
        listShipments: listShipments(deps),
        receiveShippoWebhook: receiveShippoWebhook(deps, inbox),
        listWebhookEvents: listWebhookEvents(inbox),
        replayWebhookEvent: replayWebhookEvent(deps, inbox),
        markShipped: markShipped(deps),
        splitShipment: splitShipment(parts),
        createFlatRate: createFlatRate(parts),
        getFlatRate: getFlatRate(parts),
        listFlatRates: listFlatRates(parts),
        updateFlatRate: updateFlatRate({ ...parts, validator }),
        deleteFlatRate: deleteFlatRate(parts),
        eraseShipments: eraseShipments(deps),
      }),
    ],
  };
}
