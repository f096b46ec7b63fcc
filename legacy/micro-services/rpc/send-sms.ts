import type { MethodImpl } from "@connectrpc/connect";
import type { MicroServicesService } from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import type { FacadeDeps } from "../../facade.ts";
import { statusCodeOf } from "../order.ts";
import { toE164 } from "../phone.ts";
import { staffKey } from "../request-key.ts";

/** Sends a text message. */
export function sendSms({ notify }: FacadeDeps): MethodImpl<typeof MicroServicesService.method.sendSms> {
  return async ({ number, content, requestId }, ctx) => {
    const to = toE164({ text: number, country: "", field: "number" });
    const message = await notify.sendSms(
      { to, text: content, requestId: staffKey(requestId, ctx) },
      outgoing(ctx),
    );
    return { statusCode: statusCodeOf(message) };
  };
}
