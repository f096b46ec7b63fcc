import type { MethodImpl } from "@connectrpc/connect";
import type { CustomerService } from "../../../gen/rowlock/customer/v1/customer_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toCustomer } from "../convert.ts";
import type { CustomerDeps } from "../service.ts";
import { listProfiles } from "../store-profile.ts";

/** Lists customers, the newest first: their ids are in the order of their making. Errors: PAGE_TOKEN_INVALID. */
export function listCustomers({ db }: CustomerDeps): MethodImpl<typeof CustomerService.method.listCustomers> {
  return async ({ pageSize: requested, pageToken, email }) => {
    const filter = ["customers", email];
    const [below] = decodePageToken({ token: pageToken, filter, like: ["text"] }) ?? [];
    const pageSize = pageSizeOf(requested);
    const rows = await listProfiles(db, { below, email, limit: pageSize });
    const { page, nextPageToken } = paginate({ rows, pageSize, filter, cursorOf: ({ id }) => [id] });
    return { customers: page.map(toCustomer), nextPageToken };
  };
}
