import type { MethodImpl } from "@connectrpc/connect";
import type { MicroServicesService } from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import type { FacadeDeps } from "../../facade.ts";
import { toRates } from "../parcel.ts";

/** Lists what the carriers ask for a shipment in a currency. */
export function listRates({
  shipping,
}: FacadeDeps): MethodImpl<typeof MicroServicesService.method.listRates> {
  return async ({ id, currency }, ctx) =>
    toRates(await shipping.getShipment({ shipmentId: id }, outgoing(ctx)), currency);
}
