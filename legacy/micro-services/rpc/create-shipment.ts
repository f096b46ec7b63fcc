import type { MethodImpl } from "@connectrpc/connect";
import type { MicroServicesService } from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import type { FacadeDeps } from "../../facade.ts";
import { requireOrder } from "../../order.ts";
import { showOrder } from "../show-order.ts";

/** Returns an order with its shipment, which was made when the order was. */
export function createShipment(
  deps: FacadeDeps,
): MethodImpl<typeof MicroServicesService.method.createShipment> {
  return async ({ order }, ctx) => showOrder(deps, ctx, await requireOrder(deps, ctx, order?.id ?? ""));
}
