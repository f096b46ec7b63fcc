import { fromBinary } from "@bufbuild/protobuf";
import { NotifyOrderRequestSchema, NotifyStockRequestSchema } from "../../gen/rowlock/notify/v1/notify_pb.js";
import type { Draft, Message } from "./message.ts";
import { orderDrafts } from "./order-drafts.ts";
import { fail } from "./reasons.ts";
import { withdrawn } from "./send.ts";
import type { NotifyParts } from "./service.ts";
import { stockDraft } from "./stock-draft.ts";
import type { Source } from "./store.ts";
import { findSource } from "./store-source.ts";
import type { Unsubscribing } from "./unsubscribing.ts";

/** What a message said, made anew, and what that is made from. */
export interface Again {
  draft: Draft;
  source: Source;
}

/**
 * Makes anew what a message said, to where it went.
 * Errors: MESSAGE_NOT_RESENDABLE.
 */
export async function makeAnew(
  parts: NotifyParts,
  unsubscribing: Unsubscribing,
  message: Message,
): Promise<Again> {
  const { id, to, channel, eventKey, error } = message;
  const cannot = (why: string) => fail("MESSAGE_NOT_RESENDABLE", { message_id: id, why });
  if (error === withdrawn) throw cannot("it is old news");
  const source = to === "" ? undefined : await findSource(parts.db, eventKey);
  if (source === undefined) throw cannot("what it said is not kept");
  const drafts = await draftsOf(parts, unsubscribing, { source, to });
  const draft = drafts.find((each) => each.channel === channel);
  if (draft === undefined) throw cannot("its recipient does not want it");
  return { draft: { ...draft, to }, source };
}

async function draftsOf(
  parts: NotifyParts,
  unsubscribing: Unsubscribing,
  { source, to }: { source: Source; to: string },
): Promise<Draft[]> {
  if (source.kind === "ORDER")
    return orderDrafts(parts, fromBinary(NotifyOrderRequestSchema, source.request));
  const news = fromBinary(NotifyStockRequestSchema, source.request);
  return [await stockDraft({ ...parts, unsubscribing }, { ...news, to })];
}
