import type { MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toProblem } from "../problems.ts";
import type { OrderDeps } from "../service.ts";
import { listProblems } from "../store-problem.ts";

/** Lists what jobs could not do for orders, the newest first. */
export function listOrderProblems({
  db,
}: OrderDeps): MethodImpl<typeof OrderService.method.listOrderProblems> {
  return async (request) => {
    const { orderId } = request;
    const filter = ["problems", orderId];
    const cursor = decodePageToken({ token: request.pageToken, filter, like: ["text"] });
    const pageSize = pageSizeOf(request.pageSize);
    const below = cursor === undefined ? undefined : String(cursor[0]);
    const rows = await listProblems(db, { below, limit: pageSize, orderId });
    const { page, nextPageToken } = paginate({ rows, pageSize, filter, cursorOf: (row) => [row.id] });
    return { problems: page.map(toProblem), nextPageToken };
  };
}
