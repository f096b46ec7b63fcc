import { renderMessage, statusOf } from "../twilio/messages.ts";
import { segmentsOf } from "../twilio/segments.ts";
import { type InboxContext, PAGE_SIZE, pageOf, type Section, type Visit } from "./context.ts";
import { type Html, html } from "./html.ts";
import { chip, empty, pager, time } from "./layout.ts";

export function messageSection(ctx: InboxContext): Section {
  const { messages } = ctx.twilio;

  function page({ query }: Visit): Html {
    const current = pageOf(query);
    const { items, more } = messages.page({
      where: { to: query.get("to") ?? undefined },
      limit: PAGE_SIZE,
      offset: (current - 1) * PAGE_SIZE,
    });
    if (items.length === 0) {
      return html`<div class="card" data-live="list">${empty("No SMS yet.", "What is sent through Twilio shows up here.")}</div>`;
    }
    return html`<div class="texts" data-live="list">${items.map((message) => {
      const status = statusOf(message, ctx.now());
      const segments = segmentsOf(message.body);
      return html`<article class="card sms">
        <div class="row"><span><span class="strong">${message.to}</span> <span class="dim small">from ${message.from ?? message.service ?? ""}</span></span>${time(message.created)}</div>
        <div class="bubble">${message.body}</div>
        <p class="small dim">${chip(status, status === "delivered" || status === "received" ? "good" : status === "undelivered" ? "bad" : "wait")} ${segments} ${segments === 1 ? "segment" : "segments"}${message.media.length > 0 && `, ${message.media.length} media`}</p>
        ${message.inbound ? "" : html`<form method="post" action="/sandbox/messages/${message.id}/answer" class="inline"><button class="plain" name="body" value="STOP">Answer STOP</button><button class="plain" name="body" value="START">Answer START</button></form>`}
      </article>`;
    })}</div>${pager({ path: "/sandbox/messages", query, page: current, more })}`;
  }

  return {
    tab: "messages",
    title: "SMS",
    count: () => messages.count(),
    page,
    items({ to, ...page }) {
      const { items, more } = messages.page({ where: { to }, ...page });
      return {
        items: items.map((message) => ({
          ...renderMessage(message, { now: ctx.now() }),
          status_callback: message.statusCallback ?? null,
        })),
        more,
      };
    },
  };
}
