import type { MethodImpl } from "@connectrpc/connect";
import type { AuthService } from "../../../gen/rowlock/auth/v1/auth_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toApiKey } from "../api-key.ts";
import type { AuthServiceDeps } from "../service.ts";
import { listKeys } from "../store-api-key.ts";

/** There is nothing to filter by. */
const filter = "api keys";

/** Lists API keys, the newest first: their ids are in the order of their making. */
export function listApiKeys({
  db,
}: Pick<AuthServiceDeps, "db">): MethodImpl<typeof AuthService.method.listApiKeys> {
  return async (request) => {
    const pageSize = pageSizeOf(request.pageSize);
    const [after] = decodePageToken({ token: request.pageToken, filter, like: ["text"] }) ?? [];
    const rows = await listKeys(db, { after, limit: pageSize + 1 });
    const { page, nextPageToken } = paginate({ rows, pageSize, filter, cursorOf: ({ id }) => [id] });
    return { apiKeys: page.map(toApiKey), nextPageToken };
  };
}
