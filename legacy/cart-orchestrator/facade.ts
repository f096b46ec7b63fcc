import { CartOrchestratorService } from "../../gen/rowlock/legacy/cart_orchestrator/v1/cart_orchestrator_pb.js";
import { defineFacade } from "../facade.ts";
import { getCart } from "./rpc/get-cart.ts";
import { placeOrder } from "./rpc/place-order.ts";
import { upsertCart } from "./rpc/upsert-cart.ts";

/** Carts and checkouts under ids of the client's choice. */
export const cartOrchestrator = defineFacade({
  name: "cart-orchestrator",
  desc: CartOrchestratorService,
  reasons: {},
  currencyCode: "IDR",
  create: (deps) => ({
    getCart: getCart(deps),
    upsertCart: upsertCart(deps),
    placeOrder: placeOrder(deps),
  }),
});
