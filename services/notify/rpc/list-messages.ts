import type { MethodImpl } from "@connectrpc/connect";
import type { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { stateOf, toMessage } from "../convert.ts";
import type { NotifyDeps } from "../service.ts";
import { listMessages as readMessages } from "../store.ts";

/** Lists messages, the newest first. Errors: PAGE_TOKEN_INVALID. */
export function listMessages({ db }: NotifyDeps): MethodImpl<typeof NotifyService.method.listMessages> {
  return async (req) => {
    const pageSize = pageSizeOf(req.pageSize);
    const state = stateOf(req.state);
    const filter = ["messages", req.orderId, ...(state === undefined ? [] : [state])];
    const cursor = decodePageToken({ token: req.pageToken, filter, like: ["time", "text"] });
    const rows = await readMessages(db, {
      orderId: req.orderId,
      state,
      after: cursor && { createTime: new Date(cursor[0]), id: cursor[1] },
      limit: pageSize + 1,
    });
    const { page, nextPageToken } = paginate({
      rows,
      pageSize,
      filter,
      cursorOf: ({ createTime, id }) => [createTime.getTime(), id],
    });
    return { messages: page.map(toMessage), nextPageToken };
  };
}
