import type { MethodImpl } from "@connectrpc/connect";
import type { ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toMessage } from "../convert.ts";
import type { ShippingDeps } from "../service.ts";
import { listShipments as readShipments } from "../store.ts";

/** Lists shipments, the newest first. Errors: PAGE_TOKEN_INVALID. */
export function listShipments({ db }: ShippingDeps): MethodImpl<typeof ShippingService.method.listShipments> {
  return async (req) => {
    const pageSize = pageSizeOf(req.pageSize);
    const filter = ["shipments", req.orderId];
    const cursor = decodePageToken({ token: req.pageToken, filter, like: ["time", "text"] });
    const rows = await readShipments(db, {
      orderId: req.orderId,
      after: cursor && { createTime: new Date(cursor[0]), id: cursor[1] },
      limit: pageSize + 1,
    });
    const { page, nextPageToken } = paginate({
      rows,
      pageSize,
      filter,
      cursorOf: ({ createTime, id }) => [createTime.getTime(), id],
    });
    return { shipments: page.map(toMessage), nextPageToken };
  };
}
