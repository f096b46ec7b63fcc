import type { MethodImpl } from "@connectrpc/connect";
import { Dispute_Status, type PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toDisputeMessage } from "../convert-dispute.ts";
import type { DisputeStatus } from "../dispute.ts";
import type { PaymentDeps } from "../service.ts";
import { listDisputes as readPage } from "../store-dispute.ts";

/** Lists disputes, the newest first. */
export function listDisputes({ db }: PaymentDeps): MethodImpl<typeof PaymentService.method.listDisputes> {
  return async (request) => {
    const status =
      request.status === Dispute_Status.UNSPECIFIED
        ? undefined
        : (Dispute_Status[request.status] as DisputeStatus);
    const filter = ["disputes", status];
    const [below] = decodePageToken({ token: request.pageToken, filter, like: ["text"] }) ?? [];
    const pageSize = pageSizeOf(request.pageSize);
    const rows = await readPage(db, { below, limit: pageSize, status });
    const { page, nextPageToken } = paginate({ rows, pageSize, filter, cursorOf: (row) => [row.id] });
    return { disputes: page.map(toDisputeMessage), nextPageToken };
  };
}
