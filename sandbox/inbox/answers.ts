/** Plays whoever reads the shop's messages: answers a text, has an e-mail bounce, reports it as spam. */
import { json, type Reply } from "../http/message.ts";
import { isObject } from "../json.ts";
import { LATER_EVENTS, tellLater } from "../sendgrid/events.ts";
import { answerText } from "../twilio/answers.ts";
import type { InboxContext, Visit } from "./context.ts";

/** Answers a text; whether there is one to answer. */
export function answer(ctx: InboxContext, { id, body }: { id: string; body: string }) {
  const { twilio: records, tell, stripe } = ctx;
  return answerText({ store: stripe.store, records, tell, now: () => ctx.now() }, { id, body });
}

/** POST /sandbox/api/messages/:sid/answer with `{ "body": "STOP" }`. */
export function answerApi(ctx: InboxContext, { request, path }: Visit): Reply {
  const { body } = read(request.body);
  if (typeof body !== "string" || body === "" || body.length > 1600) {
    return json(400, { error: { field: "body", message: "must be a text" } });
  }
  const made = answer(ctx, { id: path["id"] ?? "", body });
  if (!made) return json(404, { error: { field: "id", message: "there is no such text to answer" } });
  return json(200, { sid: made.id });
}

/** Has something become of an e-mail that arrived; undefined when there is none, or nothing such can. */
export function happen(
  ctx: InboxContext,
  { id, event: wanted }: { id: string; event: unknown },
): "no event" | "no e-mail" | "done" {
  const event = LATER_EVENTS.find((each) => each === wanted);
  if (event === undefined) return "no event";
  const email = ctx.sendgrid.emails.get(id);
  if (!email) return "no e-mail";
  ctx.stripe.store.write(() => tellLater(ctx.tell, email, { event, at: ctx.now() }));
  return "done";
}

/** POST /sandbox/api/emails/:id/event with `{ "event": "bounce" }` or `spamreport`. */
export function happenApi(ctx: InboxContext, { request, path }: Visit): Reply {
  const { event } = read(request.body);
  switch (happen(ctx, { id: path["id"] ?? "", event })) {
    case "no event":
      return json(400, { error: { field: "event", message: `must be one of ${LATER_EVENTS.join(", ")}` } });
    case "no e-mail":
      return json(404, { error: { field: "id", message: "there is no such e-mail" } });
    case "done":
      return json(200, { event });
  }
}

function read(body: Buffer): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body.toString());
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}
