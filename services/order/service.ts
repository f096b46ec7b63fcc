import type { Client } from "@connectrpc/connect";
import type { CartService } from "../../gen/rowlock/cart/v1/cart_pb.js";
import type { InventoryService } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import type { NotifyService } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { OrderService } from "../../gen/rowlock/order/v1/order_pb.js";
import type { PaymentService } from "../../gen/rowlock/payment/v1/payment_pb.js";
import type { PromotionService } from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import type { ShippingService } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import type { TaxService } from "../../gen/rowlock/tax/v1/tax_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import type { Jobs } from "../../lib/jobs/index.ts";
import { defineService, type ServiceModule } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import type { WatchSettings } from "../../lib/watch/index.ts";
import { adoptOrders } from "./rpc/adopt-orders.ts";
import { beginShipping } from "./rpc/begin-shipping.ts";
import { cancelOrder } from "./rpc/cancel-order.ts";
import { confirmPayment } from "./rpc/confirm-payment.ts";
import { eraseOrders } from "./rpc/erase-orders.ts";
import { explainOrder } from "./rpc/explain-order.ts";
import { getOrder } from "./rpc/get-order.ts";
import { listOrderEvents } from "./rpc/list-order-events.ts";
import { listOrderProblems } from "./rpc/list-order-problems.ts";
import { listOrders } from "./rpc/list-orders.ts";
import { listOwnOrders } from "./rpc/list-own-orders.ts";
import { payOrder } from "./rpc/pay-order.ts";
import { placeOrder } from "./rpc/place-order.ts";
import { refundOrder } from "./rpc/refund-order.ts";
import { retryOrder } from "./rpc/retry-order.ts";
import { setShippingMethod } from "./rpc/set-shipping-method.ts";
import { settlePayment } from "./rpc/settle-payment.ts";
import { settleShipment } from "./rpc/settle-shipment.ts";
import { watchOrder } from "./rpc/watch-order.ts";

/** How long goods are held; milliseconds. */
export interface HoldTimes {
  /** For an order that nobody pays yet. */
  unpaidMs: number;
  /** How long a buyer has for a bank transfer. */
  transferMs: number;
  /** How much longer than the transfer's deadline its goods are held. */
  transferSlackMs: number;
}

/** What Order stands on. */
export interface OrderDeps {
  db: Db;
  clock: Clock;
  log: Log;
  jobs: Pick<Jobs, "enqueue" | "enqueueAll" | "find">;
  holds: HoldTimes;
  /** Of `WatchOrder`; its feed is to be that of `db` (`telling`). */
  watching?: WatchSettings;
  carts: Pick<Client<typeof CartService>, "freezeCart" | "thawCart" | "completeCart" | "getCart">;
  inventory: Pick<
    Client<typeof InventoryService>,
    "reserve" | "commit" | "release" | "extend" | "restock" | "getReservation"
  >;
  payments: Pick<
    Client<typeof PaymentService>,
    | "createPayment"
    | "capturePayment"
    | "getPayment"
    | "cancelPayment"
    | "refreshPayment"
    | "refundPayment"
    | "listPayments"
    | "listWebhookEvents"
  >;
  promotions: Pick<
    Client<typeof PromotionService>,
    "evaluate" | "redeem" | "releaseRedemption" | "listRedemptions"
  >;
  taxes: Pick<Client<typeof TaxService>, "calculateTax">;
  shipping: Pick<
    Client<typeof ShippingService>,
    "createShipment" | "buyLabel" | "getShipment" | "listShipments" | "listWebhookEvents"
  >;
  notify: Pick<Client<typeof NotifyService>, "notifyOrder" | "listMessages" | "listWebhookEvents">;
}

/** Composes the Order service. */
export function createOrderService(deps: OrderDeps): ServiceModule {
  return {
    services: [
      defineService(OrderService, {
        placeOrder: placeOrder(deps),
        setShippingMethod: setShippingMethod(deps),
        payOrder: payOrder(deps),
        confirmPayment: confirmPayment(deps),
        cancelOrder: cancelOrder(deps),
        refundOrder: refundOrder(deps),
        getOrder: getOrder(deps),
        listOrders: listOrders(deps),
        listOwnOrders: listOwnOrders(deps),
        listOrderEvents: listOrderEvents(deps),
        listOrderProblems: listOrderProblems(deps),
        retryOrder: retryOrder(deps),
        settlePayment: settlePayment(deps),
        settleShipment: settleShipment(deps),
        adoptOrders: adoptOrders(deps),
        beginShipping: beginShipping(deps),
        explainOrder: explainOrder(deps),
        watchOrder: watchOrder(deps),
        eraseOrders: eraseOrders(deps),
      }),
    ],
  };
}
