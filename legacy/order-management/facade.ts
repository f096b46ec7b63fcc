import { OrderManagementService } from "../../gen/rowlock/legacy/order_management/v1/order_management_pb.js";
import { defineFacade } from "../facade.ts";
import { fail } from "./reasons.ts";
import { createOrder } from "./rpc/create-order.ts";
import { getCart } from "./rpc/get-cart.ts";
import { getOrders } from "./rpc/get-orders.ts";
import { listOrders } from "./rpc/list-orders.ts";
import { setCart } from "./rpc/set-cart.ts";

/** Orders of customers' carts. */
export const orderManagement = defineFacade({
  name: "order-management",
  desc: OrderManagementService,
  reasons: fail.reasons,
  create: (deps) => ({
    listOrders: listOrders(deps),
    getOrders: getOrders(deps),
    createOrder: createOrder(deps),
    getCart: getCart(deps),
    setCart: setCart(deps),
  }),
});
