import { setTimeout as delay } from "node:timers/promises";
import type { HandlerContext } from "@connectrpc/connect";
import { Channel, type Message, Message_State } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { type Order, Order_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { outgoing } from "../../lib/rpc/index.ts";
import type { FacadeDeps } from "../facade.ts";

/** How long a buyer waits for label and messages, in milliseconds: jobs bring them, seconds after the payment. */
const defaultWaitMs = 8_000;
/** What of the caller's own time is kept to answer in, in milliseconds. */
const answerMs = 1_000;
const pollMs = 150;

/** What became of a paid order while it was waited for. */
export interface Told {
  order: Order;
  /** Undefined while there is none. */
  email: Message | undefined;
  sms: Message | undefined;
}

/**
 * Waits until a paid order has its label and its buyer was told of it, for `waitMs` at most and not beyond the
 * caller's own deadline. The order is paid, whatever this cannot find out.
 */
export async function awaitMessages(
  deps: Pick<FacadeDeps, "orders" | "notify" | "clock" | "log">,
  ctx: HandlerContext,
  { order, waitMs = defaultWaitMs }: { order: Order; waitMs?: number },
): Promise<Told> {
  const { timeoutMs = Number.POSITIVE_INFINITY } = outgoing(ctx);
  const until = deps.clock().getTime() + Math.min(waitMs, timeoutMs - answerMs);
  const shipped = await awaitLabel(deps, ctx, { order, until });
  let told: Told = { order: shipped, email: undefined, sms: undefined };
  if (shipped.state !== Order_State.FULFILLED) return told;
  for (;;) {
    told = { ...told, ...(await findMessages(deps, ctx, shipped)) };
    const wanted = shipped.contact?.phone ? [told.email, told.sms] : [told.email];
    if (wanted.every(isDone) || deps.clock().getTime() + pollMs > until) return told;
    await delay(pollMs, undefined, { signal: ctx.signal });
  }
}

/** The order once its label is bought, or as it is at the end of the time. */
async function awaitLabel(
  { orders, clock, log }: Pick<FacadeDeps, "orders" | "clock" | "log">,
  ctx: HandlerContext,
  { order, until }: { order: Order; until: number },
): Promise<Order> {
  const timeoutMs = until - clock().getTime();
  let latest = order;
  if (timeoutMs <= 0) return latest;
  try {
    const news = orders.watchOrder({ orderId: order.id }, { ...outgoing(ctx), timeoutMs });
    for await (const { order: now } of news) {
      latest = now ?? latest;
      if (latest.state === Order_State.FULFILLED) break;
    }
  } catch (err) {
    // The end of the time, mostly.
    log.debug({ err, order_id: order.id }, "no label yet");
  }
  return latest;
}

async function findMessages(
  { notify }: Pick<FacadeDeps, "notify">,
  ctx: HandlerContext,
  { id: orderId }: Order,
) {
  const { messages } = await notify.listMessages({ orderId }, outgoing(ctx));
  const find = (channel: Channel) =>
    messages.find((each) => each.channel === channel && each.eventKey === `${orderId}:fulfilled`);
  return { email: find(Channel.EMAIL), sms: find(Channel.SMS) };
}

function isDone(message: Message | undefined): boolean {
  return message !== undefined && message.state !== Message_State.PENDING;
}
