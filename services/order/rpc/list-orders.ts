import type { MethodImpl } from "@connectrpc/connect";
import { Order_State, type OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toOrderMessage } from "../convert.ts";
import type { OrderState } from "../order.ts";
import type { OrderDeps } from "../service.ts";
import { listOrders as readPage } from "../store-order.ts";

/** Lists orders, the newest first. */
export function listOrders({ db }: OrderDeps): MethodImpl<typeof OrderService.method.listOrders> {
  return async (request) => {
    const { email } = request;
    const state =
      request.state === Order_State.UNSPECIFIED ? undefined : (Order_State[request.state] as OrderState);
    const filter = ["orders", state, email];
    const cursor = decodePageToken({ token: request.pageToken, filter, like: ["text"] });
    const pageSize = pageSizeOf(request.pageSize);
    const below = cursor === undefined ? undefined : String(cursor[0]);
    const rows = await readPage(db, { below, limit: pageSize, state, email });
    const { page, nextPageToken } = paginate({ rows, pageSize, filter, cursorOf: (row) => [row.id] });
    return { orders: page.map(toOrderMessage), nextPageToken };
  };
}
