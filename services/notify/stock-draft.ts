import { type NotifyStockRequest, StockEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { compose } from "./compose.ts";
import type { Draft } from "./message.ts";
import type { NotifyParts } from "./service.ts";
import { stockTemplateOf } from "./templates/events.ts";
import { stockVariables } from "./templates/view.ts";
import type { Unsubscribing } from "./unsubscribing.ts";

/** The e-mail that tells somebody of stock. What a customer asked for says how to stop it. */
export async function stockDraft(
  parts: NotifyParts & { unsubscribing: Unsubscribing },
  { to, kind, items, language }: { to: string } & Pick<NotifyStockRequest, "kind" | "items" | "language">,
): Promise<Draft> {
  const unsubscribeUrl =
    kind === StockEventKind.BACK ? await parts.unsubscribing.urlFor(to, language) : undefined;
  const { subject, html, text } = await compose(parts, {
    event: stockTemplateOf(kind),
    language,
    variables: (manner) => stockVariables({ kind, items, unsubscribeUrl }, manner),
  });
  const mail = { subject, html, text };
  return { channel: "EMAIL", to, from: "", ...mail, ...(unsubscribeUrl !== undefined && { unsubscribeUrl }) };
}
