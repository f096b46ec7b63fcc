import type { MethodImpl } from "@connectrpc/connect";
import type { MicroServicesService } from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import type { FacadeDeps } from "../../facade.ts";
import { fail } from "../reasons.ts";

/** Returns where the label of a shipment is. A look at it buys none. */
export function getLabel({ shipping }: FacadeDeps): MethodImpl<typeof MicroServicesService.method.getLabel> {
  return async ({ id }, ctx) => {
    const { labelUrl } = await shipping.getShipment({ shipmentId: id }, outgoing(ctx));
    if (labelUrl === "") throw fail("LABEL_NOT_BOUGHT", { shipment_id: id });
    return { objectId: id, labelUrl };
  };
}
