import { parseFlatForm } from "../http/form.ts";
import { json, queryInteger, type Reply, type SandboxRequest, type Vendor } from "../http/message.ts";
import { Router } from "../http/router.ts";
import { fundCashBalance } from "../stripe/bank-transfer.ts";
import { customerOf } from "../stripe/context.ts";
import { decideDispute } from "../stripe/dispute.ts";
import { answer, answerApi, happen, happenApi } from "./answers.ts";
import { CSS, SCRIPT } from "./assets.ts";
import { answerAuthentication, authenticationPage } from "./authentication.ts";
import type { InboxContext, Section, Visit } from "./context.ts";
import { emailAttachment, emailBody, emailSection } from "./emails.ts";
import { changeFaults, faultApi, faultPage } from "./faults.ts";
import { type Html, html } from "./html.ts";
import { labelFile, labelSection } from "./labels.ts";
import { page, TABS, type Tab } from "./layout.ts";
import { messageSection } from "./messages.ts";
import { paymentSection, smallestUnits } from "./payments.ts";
import { moveOn, trackApi } from "./tracking.ts";
import { webhookSection } from "./webhooks.ts";

type Handler = (visit: Visit) => Reply | undefined | Promise<Reply | undefined>;

/** The pages a person opens, under /sandbox, and the same for programs under /sandbox/api. */
export function createInbox(ctx: InboxContext): Vendor {
  const sections: readonly Section[] = [
    emailSection(ctx),
    messageSection(ctx),
    labelSection(ctx),
    paymentSection(ctx),
    webhookSection(ctx),
  ];
  const router = new Router<Handler>();
  for (const section of sections) {
    const path = TABS.find(({ tab }) => tab === section.tab)?.path ?? "";
    router.add("GET", path, (visit) =>
      show({ title: section.title, tab: section.tab, body: section.page(visit) }),
    );
    router.add("GET", `/sandbox/api/${section.tab}`, ({ query }) => {
      const limit = queryInteger(query, { name: "limit", min: 1, max: 5000, fallback: 50 });
      const offset = queryInteger(query, { name: "offset", min: 0, max: 100_000_000, fallback: 0 });
      const after = query.get("after");
      const { items, more } = section.items({
        to: query.get("to") ?? undefined,
        limit,
        offset,
        ...(after !== null && { after }),
        brief: query.get("brief") === "true",
      });
      return json(200, { items, more });
    });
  }
  router.add("GET", "/sandbox/faults", () => show({ title: "Faults", tab: "faults", body: faultPage(ctx) }));
  router.add("POST", "/sandbox/faults", (visit) => changeFaults(ctx, visit));
  for (const method of ["GET", "PUT", "DELETE"])
    router.add(method, "/sandbox/api/faults", (visit) => faultApi(ctx, visit));
  router.add("GET", "/sandbox/api/webhook-keys", () => json(200, ctx.webhookKeys));
  router.add("POST", "/sandbox/labels/:id/track", ({ path }) => {
    const moved = moveOn(ctx, { id: path["id"] ?? "" });
    return moved && { status: 303, headers: { location: "/sandbox/labels" } };
  });
  router.add("POST", "/sandbox/api/labels/:id/track", (visit) => trackApi(ctx, visit));
  router.add("POST", "/sandbox/messages/:id/answer", ({ path, request }) => {
    const body = parseFlatForm(request.body.toString())?.get("body")?.[0] ?? "";
    const made = body === "" ? undefined : answer(ctx, { id: path["id"] ?? "", body });
    return made && { status: 303, headers: { location: "/sandbox/messages" } };
  });
  router.add("POST", "/sandbox/api/messages/:id/answer", (visit) => answerApi(ctx, visit));
  router.add("POST", "/sandbox/emails/:id/event", ({ path, request }) => {
    const id = path["id"] ?? "";
    const event = parseFlatForm(request.body.toString())?.get("event")?.[0];
    if (happen(ctx, { id, event }) !== "done") return undefined;
    return { status: 303, headers: { location: `/sandbox?id=${encodeURIComponent(id)}` } };
  });
  router.add("POST", "/sandbox/api/emails/:id/event", (visit) => happenApi(ctx, visit));
  router.add("GET", "/sandbox/inbox.css", () => asset("text/css", CSS));
  router.add("GET", "/sandbox/inbox.js", () => asset("text/javascript", SCRIPT));
  router.add("GET", "/sandbox/emails/:id", ({ path }) => {
    const email = ctx.sendgrid.emails.get(path["id"] ?? "");
    return email && emailBody(email);
  });
  router.add("GET", "/sandbox/emails/:id/attachments/:index", ({ path }) => {
    const email = ctx.sendgrid.emails.get(path["id"] ?? "");
    return email && emailAttachment(email, Number(path["index"]));
  });
  router.add("GET", "/sandbox/labels/:file", ({ path }) => labelFile(ctx, path["file"] ?? ""));
  router.add("GET", "/sandbox/3ds/:id", ({ path }) => {
    const intent = ctx.stripe.records.intents.get(path["id"] ?? "");
    // The answer may lead to another site, which form-action would refuse.
    return (
      intent && show({ title: "Authentication", body: authenticationPage(intent) }, "'self' http: https:")
    );
  });
  router.add("POST", "/sandbox/3ds/:id", ({ path, request }) => {
    const outcome = parseFlatForm(request.body.toString())?.get("outcome")?.[0];
    if (outcome !== "authorise" && outcome !== "fail")
      return text(400, "outcome must be authorise or fail\n");
    const answered = answerAuthentication(ctx, { id: path["id"] ?? "", approved: outcome === "authorise" });
    return answered ?? text(409, "this payment does not wait for authentication\n");
  });
  router.add("POST", "/sandbox/disputes/:id", ({ path, request }) => {
    const outcome = parseFlatForm(request.body.toString())?.get("outcome")?.[0];
    if (outcome !== "won" && outcome !== "lost") return text(400, "outcome must be won or lost\n");
    return decide({ id: path["id"] ?? "", won: outcome === "won" });
  });
  router.add("POST", "/sandbox/payments/:id/fund", ({ path, request }) => {
    const amount = parseFlatForm(request.body.toString())?.get("amount")?.[0];
    return fund({ id: path["id"] ?? "", amount });
  });

  /** Plays the bank that decides a dispute. */
  function decide({ id, won }: { id: string; won: boolean }): Reply | undefined {
    const dispute = ctx.stripe.records.disputes.get(id);
    if (!dispute) return undefined;
    const decided = ctx.stripe.store.write(() => decideDispute(ctx.stripe, { dispute, won }));
    if (!decided) return text(409, "this dispute is over\n");
    return { status: 303, headers: { location: "/sandbox/payments" } };
  }

  /**
   * Plays the payer of a bank transfer: sends what is missing, or an amount as a person writes it, with the right
   * reference. An amount can be sent after the payment has ended, too.
   */
  function fund({ id, amount }: { id: string; amount: string | undefined }): Reply | undefined {
    const intent = ctx.stripe.records.intents.get(id);
    if (!intent) return undefined;
    const action = intent.status === "requires_action" ? intent.next_action : undefined;
    const isAwaited = action?.kind === "bank_transfer";
    if (!isAwaited && (amount === undefined || !intent.bank_transfer)) {
      return text(409, "this payment does not wait for a transfer\n");
    }
    const left = intent.amount - (intent.amount_funded ?? 0);
    const sent = amount === undefined ? left : smallestUnits(amount, intent.currency);
    if (sent === undefined) return text(400, "amount must be a number such as 12.50\n");
    ctx.stripe.store.write(() =>
      fundCashBalance(ctx.stripe, {
        customer: customerOf(ctx.stripe, { id: intent.customer ?? "", param: "customer" }),
        ...{ amount: sent, currency: intent.currency },
        ...(isAwaited && { reference: action.reference }),
      }),
    );
    return { status: 303, headers: { location: "/sandbox/payments" } };
  }

  function show(
    { title, tab, body }: { title: string; tab?: Tab; body: Html },
    formAction = "'self'",
  ): Reply {
    const faults = Object.values(ctx.faults.report().faults).reduce((sum, count) => sum + count, 0);
    const counts = Object.fromEntries([
      ...sections.map((section) => [section.tab, section.count()]),
      ["faults", faults],
    ]) as Record<Tab, number>;
    return {
      status: 200,
      headers: {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": `default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:; form-action ${formAction}; frame-ancestors 'none'; base-uri 'none'`,
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
      },
      body: page({ title, ...(tab && { tab }), counts, body }),
    };
  }

  async function handle(request: SandboxRequest): Promise<Reply> {
    const route = router.match(request.method === "HEAD" ? "GET" : request.method, request.path);
    if (!["GET", "HEAD"].includes(request.method) && !sameOrigin(request))
      return text(403, "this form belongs to another site\n");
    const visit = { request, query: new URLSearchParams(request.query), path: route?.params ?? {} };
    const reply = await route?.handler(visit);
    if (reply) return reply;
    const body = html`<div class="card empty"><p>There is nothing here.</p><p><a href="/sandbox">Back to the inbox</a></p></div>`;
    return { ...show({ title: "Not found", body }), status: 404 };
  }

  return {
    name: "inbox",
    maxBody: 200_000,
    owns: (path) => path === "/sandbox" || path.startsWith("/sandbox/"),
    handle,
    tooLarge: () => text(413, "the request body is too large\n"),
  };
}

function asset(type: string, body: string): Reply {
  return {
    status: 200,
    headers: { "content-type": `${type}; charset=utf-8`, "cache-control": "max-age=60" },
    body,
  };
}

function text(status: number, body: string): Reply {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body };
}

/** Browsers name the site a form was sent from; programs send no Origin. */
function sameOrigin({ headers }: SandboxRequest): boolean {
  const { origin } = headers;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === headers.host);
}
