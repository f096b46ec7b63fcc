import type { MethodImpl } from "@connectrpc/connect";
import type { MicroServicesService } from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import type { FacadeDeps } from "../../facade.ts";
import { staffKey } from "../request-key.ts";

/** Takes a product off sale. Repeating it changes nothing, with or without a key. */
export function deleteProduct({
  catalog,
}: FacadeDeps): MethodImpl<typeof MicroServicesService.method.deleteProduct> {
  return async ({ id, requestId }, ctx) => {
    await catalog.archiveProduct({ productId: id, requestId: staffKey(requestId, ctx) }, outgoing(ctx));
    return { id, object: "product", deleted: true };
  };
}
