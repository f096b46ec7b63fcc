import { create } from "@bufbuild/protobuf";
import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import {
  type NotifyService,
  type OrderSummary,
  OrderSummarySchema,
} from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { invalidArgument, reasonOf } from "../../../lib/errors/reasons.ts";
import { asPrincipal, callerOf, outgoing } from "../../../lib/rpc/index.ts";
import { mannerOf } from "../compose.ts";
import { summaryOf } from "../order-summary.ts";
import { fail } from "../reasons.ts";
import type { NotifyDeps } from "../service.ts";
import { findOverride } from "../store-template.ts";
import { checkedParts, givenParts, templateKey } from "../template.ts";
import { isOrder } from "../templates/defaults.ts";
import { render } from "../templates/render.ts";
import { orderKindOf, sampleOf } from "../templates/samples.ts";
import { orderVariables } from "../templates/view.ts";

/**
 * Shows what a message will look like.
 * Errors: TEMPLATE_NOT_FOUND, LANGUAGE_INVALID, TEMPLATE_INVALID, ORDER_NOT_FOUND, AREA_NOT_ALLOWED.
 */
export function previewTemplate(deps: NotifyDeps): MethodImpl<typeof NotifyService.method.previewTemplate> {
  return async (request, ctx) => {
    const { orderId } = request;
    const key = templateKey(request);
    const given = givenParts(request.override ?? (await findOverride(deps.db, key)));
    const parts = checkedParts(deps, key, given);
    const manner = mannerOf(deps, key.language);
    if (orderId === "") return render(parts, sampleOf(key.event, manner));
    if (!isOrder(key.event)) {
      throw invalidArgument([{ field: "order_id", description: "this is told of stock" }]);
    }
    const order = await orderOf(deps, ctx, orderId);
    return render(parts, orderVariables({ kind: orderKindOf(key.event), order }, manner));
  };
}

/**
 * An order of the shop's, as messages show it. Order is asked in the name of who asks for the preview, so that a key
 * that is not for orders reads none. Errors: ORDER_NOT_FOUND, AREA_NOT_ALLOWED.
 */
async function orderOf({ orders }: NotifyDeps, ctx: HandlerContext, orderId: string): Promise<OrderSummary> {
  const call = { ...outgoing(ctx), ...asPrincipal(callerOf(ctx)) };
  try {
    return create(OrderSummarySchema, summaryOf(await orders.getOrder({ orderId }, call)));
  } catch (err) {
    if (reasonOf(err) !== "ORDER_NOT_FOUND") throw err;
    throw fail("ORDER_NOT_FOUND", { order_id: orderId }, { cause: err });
  }
}
