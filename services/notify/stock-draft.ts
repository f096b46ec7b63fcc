import { type NotifyStockRequest, StockEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { compose } from "./compose.ts";
import type { Draft } from "./message.ts";
import type { NotifyDeps } from "./service.ts";
import { stockTemplateOf } from "./templates/events.ts";
import { stockVariables } from "./templates/view.ts";
import type { Unsubscribing } from "./unsubscribing.ts";

/** The e-mail that tells somebody of stock. What a customer asked for says how to stop it. */
export async function stockDraft(
  deps: NotifyDeps & { unsubscribing: Unsubscribing },
  { to, kind, items }: { to: string } & Pick<NotifyStockRequest, "kind" | "items">,
): Promise<Draft> {
  const unsubscribeUrl = kind === StockEventKind.BACK ? await deps.unsubscribing.urlFor(to) : undefined;
  const { subject, html, text } = await compose(deps, {
    event: stockTemplateOf(kind),
    language: "",
    variables: (manner) => stockVariables({ kind, items, unsubscribeUrl }, manner),
  });
  const mail = { subject, html, text };
  return { channel: "EMAIL", to, from: "", ...mail, ...(unsubscribeUrl !== undefined && { unsubscribeUrl }) };
}
