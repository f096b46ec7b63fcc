import type { MethodImpl } from "@connectrpc/connect";
import type { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toSuppression } from "../convert.ts";
import type { NotifyDeps } from "../service.ts";
import { listSuppressions as readSuppressions } from "../store-suppression.ts";

/** Lists who is not written to, the latest first. Errors: PAGE_TOKEN_INVALID. */
export function listSuppressions({
  db,
}: NotifyDeps): MethodImpl<typeof NotifyService.method.listSuppressions> {
  return async ({ address, pageToken, pageSize: requested }) => {
    const pageSize = pageSizeOf(requested);
    const filter = ["suppressions", address];
    const cursor = decodePageToken({ token: pageToken, filter, like: ["time", "text"] });
    const rows = await readSuppressions(db, {
      address,
      after: cursor && { saidTime: new Date(cursor[0]), id: cursor[1] },
      limit: pageSize + 1,
    });
    const cursorOf = ({ saidTime, id }: (typeof rows)[number]) => [saidTime.getTime(), id];
    const { page, nextPageToken } = paginate({ rows, pageSize, filter, cursorOf });
    return { suppressions: page.map(toSuppression), nextPageToken };
  };
}
