import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import {
  Channel,
  ListMessagesResponseSchema,
  ListWebhookEventsResponseSchema as ListNotifyWebhooksSchema,
  Message_State,
  NotifyOrderResponseSchema,
  OrderEventKind,
} from "../../../gen/rowlock/notify/v1/notify_pb.js";
import {
  ListShipmentsResponseSchema,
  ListWebhookEventsResponseSchema as ListShippingWebhooksSchema,
  type Shipment,
  Shipment_State,
  ShipmentSchema,
} from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { money } from "../../../lib/money/money.ts";
import type { OrderDeps } from "../service.ts";
import { refuse, type Wire } from "./wire.ts";

/** Shipments in memory, with at most one label each. */
export class FakeShipping {
  readonly shipments = new Map<string, Shipment>();
  /** The shipment of each label that was sold, in order. */
  readonly sold: string[] = [];
  /** Prices in US cents of the rates to come. */
  prices: number[] = [500, 1200];
  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  readonly client: OrderDeps["shipping"] = {
    createShipment: ({ shipmentId: id = "", orderId = "", address, items = [] }) =>
      this.#wire.serve("shipping.create", id, () => {
        const known = this.shipments.get(id);
        if (known !== undefined) {
          if (known.address?.city !== address?.city) throw refuse("SHIPMENT_MISMATCH", {});
          return known;
        }
        const rates = this.prices.map((cents, i) => ({
          id: `rate_${i}`,
          carrier: "USPS",
          service: `Class ${i}`,
          price: money("USD", BigInt(cents)),
          estimatedDays: i + 1,
          attributes: i === 0 ? ["CHEAPEST"] : [],
        }));
        const times = { createTime: timestampNow(), updateTime: timestampNow(), state: Shipment_State.RATED };
        const shipment = create(ShipmentSchema, {
          id,
          orderId,
          rates,
          ...times,
          items,
          ...(address && { address }),
        });
        this.shipments.set(id, shipment);
        return shipment;
      }),
    getShipment: ({ shipmentId: id = "" }) =>
      this.#wire.serve("shipping.get", id, () => {
        const shipment = this.shipments.get(id);
        if (shipment === undefined) throw refuse("SHIPMENT_NOT_FOUND", {});
        return shipment;
      }),
    listShipments: ({ orderId = "" }) =>
      this.#wire.serve("shipping.list", orderId, () => {
        const shipments = [...this.shipments.values()].filter((each) => each.orderId === orderId);
        return create(ListShipmentsResponseSchema, { shipments: shipments.reverse() });
      }),
    listWebhookEvents: ({ subject = "" }) =>
      this.#wire.serve("shipping.webhooks", subject, () =>
        create(ListShippingWebhooksSchema, {
          events: subject === "" ? [] : [{ subject, provider: "shippo", receiveTime: timestampNow() }],
        }),
      ),
    buyLabel: ({ shipmentId: id = "", rateId = "" }) =>
      this.#wire.serve("shipping.buy", id, () => {
        const shipment = this.shipments.get(id);
        if (shipment === undefined) throw new Error(`no shipment ${id}`);
        if (shipment.labelUrl !== "") return shipment;
        const rate = shipment.rates.find((each) => each.id === rateId);
        if (rate?.flatRateId) {
          const ready = create(ShipmentSchema, { ...shipment, state: Shipment_State.READY, rateId });
          this.shipments.set(id, ready);
          return ready;
        }
        this.sold.push(id);
        const labeled = create(ShipmentSchema, {
          ...shipment,
          state: Shipment_State.LABELED,
          rateId,
          carrier: rate?.carrier ?? "",
          trackingNumber: `T-${id}`,
          trackingUrl: `https://track.test/${id}`,
          labelUrl: `https://labels.test/${id}.pdf`,
        });
        this.shipments.set(id, labeled);
        return labeled;
      }),
  };
}

/** A Notify that keeps what it was told, once per event. */
export class FakeNotify {
  /** The kind of message by the event's key. */
  readonly told = new Map<string, string>();
  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  readonly client: OrderDeps["notify"] = {
    notifyOrder: ({ eventKey = "", kind = OrderEventKind.UNSPECIFIED, withdraw = false }) =>
      this.#wire.serve("notify.order", eventKey, () => {
        if (!withdraw) this.told.set(eventKey, OrderEventKind[kind]);
        return create(NotifyOrderResponseSchema);
      }),
    listMessages: ({ orderId = "" }) =>
      this.#wire.serve("notify.list", orderId, () =>
        create(ListMessagesResponseSchema, {
          messages: [...this.told.keys()]
            .filter((eventKey) => eventKey.startsWith(`${orderId}:`))
            .map((eventKey) => ({
              id: `msg_${eventKey}`,
              eventKey,
              channel: Channel.EMAIL,
              state: Message_State.SENT,
              providerId: `sg_${eventKey}`,
              createTime: timestampNow(),
              sendTime: timestampNow(),
            })),
        }),
      ),
    listWebhookEvents: ({ subject = "" }) =>
      this.#wire.serve("notify.webhooks", subject, () => create(ListNotifyWebhooksSchema)),
  };

  /** The kinds of messages about an order, in order. */
  toldOf(orderId: string): string[] {
    return [...this.told].filter(([key]) => key.startsWith(`${orderId}:`)).map(([, kind]) => kind);
  }
}
