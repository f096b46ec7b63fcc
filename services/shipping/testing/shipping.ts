import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { pino } from "pino";
import { BeginShippingResponseSchema, OrderSchema } from "../../../gen/rowlock/order/v1/order_pb.js";
import {
  CreateShipmentRequestSchema,
  ShippingService,
} from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import type { Db } from "../../../lib/db/index.ts";
import { createDirectTransport } from "../../../lib/rpc/index.ts";
import { as, testInterceptors } from "../../../lib/rpc/testing/interceptors.ts";
import { WaitingJobs } from "../../../lib/webhooks/testing/waiting-jobs.ts";
import type { Carrier } from "../carrier.ts";
import { type MovedParcel, parcelMoved, tellOrder } from "../parcel-moved.ts";
import { createShippingService, type ShippingDeps } from "../service.ts";
import { sweepParcels } from "../track.ts";

/** The token of the URL that Shippo was given. */
export const webhookToken = "token-in-the-url";

/** The service over a database and a carrier, with a clock that the test moves and the lines that it logged. */
export function shippingUnderTest({ db, carrier }: { db: Db; carrier: Carrier }) {
  let now = new Date("2026-03-01T10:00:00.000Z");
  const logged: { level: number; msg: string }[] = [];
  const log = pino({ level: "trace" }, { write: (line: string) => logged.push(JSON.parse(line)) });
  const jobs = new WaitingJobs();
  const moved: MovedParcel[] = [];
  const settled: MovedParcel[] = [];
  const unpaid = new Set<string>();
  const deps: ShippingDeps = {
    db,
    clock: () => now,
    log,
    carrier,
    jobs: {
      ...jobs.enqueuer,
      enqueue: async (tx, queue, data, options) => {
        if (queue.name !== parcelMoved.name) return jobs.enqueuer.enqueue(tx, queue, data, options);
        tx.afterCommit(() => void moved.push(data as object as MovedParcel));
        return "job";
      },
    },
    orders: {
      async settleShipment({ orderId = "", shipmentId = "" }) {
        settled.push({ orderId, shipmentId });
        return create(OrderSchema);
      },
      async beginShipping({ orderId = "" }) {
        if (unpaid.has(orderId))
          throw new ConnectError(`order ${orderId} is not paid`, Code.FailedPrecondition);
        return create(BeginShippingResponseSchema);
      },
    },
    webhookToken,
  };
  const { services, inbox } = createShippingService(deps);
  const transport = createDirectTransport({ services, interceptors: testInterceptors });
  return {
    client: createClient(ShippingService, transport),
    logged,
    /** Applies what is in the inbox; what that failed with. */
    work: () => jobs.work(inbox),
    waiting: () => jobs.size,
    /** Looks at the parcels that are due; how many. */
    sweep: () => sweepParcels(deps),
    /** Of which shipments Order is to be told, in order. */
    moved: () => moved.map(({ shipmentId }) => shipmentId),
    /** Tells Order; what it was told of. */
    tell: async () => {
      for (const parcel of moved.splice(0)) await tellOrder(deps, parcel);
      return settled.splice(0);
    },
    /** Of these orders no parcel may leave. */
    unpaid,
    later: (ms: number) => {
      now = new Date(now.getTime() + ms);
    },
  };
}

/** The callers: orders make shipments, staff buy labels. */
export const order = as.service("order");
export const { staff } = as;

/** A request for a shipment that the fake carrier takes. */
export function shipmentRequest(
  fields: Partial<MessageInitShape<typeof CreateShipmentRequestSchema>> = {},
): MessageInitShape<typeof CreateShipmentRequestSchema> {
  return create(CreateShipmentRequestSchema, {
    shipmentId: "shp_1",
    orderId: "ord_1",
    address: {
      name: "Ada Lovelace",
      line1: "965 Mission St",
      line2: "Apt 4",
      city: "San Francisco",
      state: "CA",
      postalCode: "94103",
      countryCode: "US",
    },
    contact: { email: "ada@example.com", phone: "+14155550123" },
    parcel: { lengthMm: 200, widthMm: 155, heightMm: 50, weightG: 750 },
    currencyCode: "USD",
    ...(fields as object),
  });
}
