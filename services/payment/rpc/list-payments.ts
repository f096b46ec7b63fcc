import type { MethodImpl } from "@connectrpc/connect";
import { Payment_State, type PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { partsOf } from "../answer.ts";
import { toPaymentMessage } from "../convert.ts";
import type { PaymentState } from "../payment.ts";
import type { PaymentDeps } from "../service.ts";
import { listPayments as readPage } from "../store-payment.ts";

/** Lists payments, the newest first. */
export function listPayments({ db }: PaymentDeps): MethodImpl<typeof PaymentService.method.listPayments> {
  return async (request) => {
    const { orderId } = request;
    const state =
      request.state === Payment_State.UNSPECIFIED
        ? undefined
        : (Payment_State[request.state] as PaymentState);
    const filter = ["payments", orderId, state];
    const [below] = decodePageToken({ token: request.pageToken, filter, like: ["text"] }) ?? [];
    const pageSize = pageSizeOf(request.pageSize);
    const rows = await readPage(db, { below, limit: pageSize, orderId, state });
    const { page, nextPageToken } = paginate({ rows, pageSize, filter, cursorOf: (row) => [row.id] });
    const parts = await partsOf(db, page);
    return { payments: page.map((payment) => toPaymentMessage(payment, parts)), nextPageToken };
  };
}
