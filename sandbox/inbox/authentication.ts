import type { Reply } from "../http/message.ts";
import type { Intent } from "../stripe/records.ts";
import { authenticate } from "../stripe/transitions.ts";
import type { InboxContext } from "./context.ts";
import { type Html, html } from "./html.ts";
import { money } from "./payments.ts";

/** The page a bank shows its customer for 3-D Secure. */
export function authenticationPage(intent: Intent): Html {
  const waiting = intent.status === "requires_action" && intent.next_action?.kind === "redirect";
  if (!waiting) {
    return html`<div class="card dialog"><h1>Nothing to authenticate</h1><p class="dim">The payment is ${intent.status.replaceAll("_", " ")}.</p></div>`;
  }
  return html`<div class="card dialog">
    <h1>Your bank asks: is this you?</h1>
    <p class="dim small">3-D Secure, played by the sandbox</p>
    <p class="sum">${money(intent.amount, intent.currency)}</p>
    <p class="dim small">${intent.description ?? intent.id}</p>
    <form method="post"><button name="outcome" value="authorise">Authorise</button><button class="plain" name="outcome" value="fail">Fail</button></form>
  </div>`;
}

/** Carries out the payer's answer; then back to where the payment came from, as Stripe does. */
export function answerAuthentication(
  ctx: InboxContext,
  { id, approved }: { id: string; approved: boolean },
): Reply | undefined {
  const before = ctx.stripe.records.intents.get(id);
  const action = before?.next_action;
  const intent = ctx.stripe.store.write(() => authenticate(ctx.stripe, { id, approved }));
  if (!intent) return undefined;
  const returnUrl = action?.kind === "redirect" ? action.return_url : undefined;
  if (returnUrl === undefined || !URL.canParse(returnUrl)) {
    return { status: 303, headers: { location: `/sandbox/payments?id=${id}` } };
  }
  const target = new URL(returnUrl);
  target.searchParams.set("payment_intent", id);
  target.searchParams.set("payment_intent_client_secret", `${id}_secret_${intent.secret}`);
  target.searchParams.set("redirect_status", intent.last_error ? "failed" : "succeeded");
  return { status: 303, headers: { location: target.href } };
}
