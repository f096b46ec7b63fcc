import type { MethodImpl } from "@connectrpc/connect";
import type { MicroServicesService } from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import type { FacadeDeps } from "../../facade.ts";
import { contentsOf } from "../email.ts";
import { statusCodeOf } from "../order.ts";
import { staffKey } from "../request-key.ts";

/** Sends an e-mail. */
export function sendEmail({ notify }: FacadeDeps): MethodImpl<typeof MicroServicesService.method.sendEmail> {
  return async ({ toEmail, fromEmail, subject, content, requestId }, ctx) => {
    const message = await notify.sendEmail(
      {
        to: toEmail,
        from: fromEmail,
        subject,
        ...contentsOf(content),
        requestId: staffKey(requestId, ctx),
      },
      outgoing(ctx),
    );
    return { statusCode: statusCodeOf(message) };
  };
}
