import type { MethodImpl } from "@connectrpc/connect";
import type { ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toFlatRateMessage } from "../convert.ts";
import type { ShippingDeps } from "../service.ts";
import { listFlatRatePage } from "../store-flat-rate.ts";

/** Lists flat rates, the newest first. Errors: PAGE_TOKEN_INVALID. */
export function listFlatRates({ db }: ShippingDeps): MethodImpl<typeof ShippingService.method.listFlatRates> {
  return async (request) => {
    const pageSize = pageSizeOf(request.pageSize);
    const filter = ["flat rates"];
    const [after] = decodePageToken({ token: request.pageToken, filter, like: ["text"] }) ?? [];
    const rows = await listFlatRatePage(db, { after, limit: pageSize + 1 });
    const { page, nextPageToken } = paginate({ rows, pageSize, filter, cursorOf: ({ id }) => [id] });
    return { flatRates: page.map(toFlatRateMessage), nextPageToken };
  };
}
