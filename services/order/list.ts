import {
  type ListOrdersRequest,
  Order_State,
  type Order as OrderMessage,
} from "../../gen/rowlock/order/v1/order_pb.js";
import type { Queryable } from "../../lib/db/index.ts";
import { decodePageToken, pageSizeOf, paginate } from "../../lib/paging/paging.ts";
import { toOrderMessage } from "./convert.ts";
import type { OrderState } from "./order.ts";
import { listOrders } from "./store-order.ts";

/** Whose orders a list has. */
export interface ListOf {
  /** Keeps the page tokens of one list from another. */
  list: string;
  /** Only this owner's. */
  owner?: string;
  /** Only those of this address. */
  email?: string;
  /** Only those that came through this shop front. */
  channel?: string;
}

/**
 * The page that a request asks for, the newest order first.
 * @throws PAGE_TOKEN_INVALID
 */
export async function pageOf(
  db: Queryable,
  request: Pick<ListOrdersRequest, "pageSize" | "pageToken" | "state">,
  { list, owner, email, channel }: ListOf,
): Promise<{ orders: OrderMessage[]; nextPageToken: string }> {
  const state =
    request.state === Order_State.UNSPECIFIED ? undefined : (Order_State[request.state] as OrderState);
  const filter = [list, state, owner, email, channel];
  const [below] = decodePageToken({ token: request.pageToken, filter, like: ["text"] }) ?? [];
  const pageSize = pageSizeOf(request.pageSize);
  const rows = await listOrders(db, { below, limit: pageSize, state, owner, email, channel });
  const { page, nextPageToken } = paginate({ rows, pageSize, filter, cursorOf: (row) => [row.id] });
  return { orders: page.map(toOrderMessage), nextPageToken };
}
