import { escapeHtml } from "../../lib/html.ts";
import type { Reply } from "../http/message.ts";
import type { EmailAddress, EmailRecord } from "../sendgrid/records.ts";
import {
  type InboxContext,
  type ItemsQuery,
  PAGE_SIZE,
  pageOf,
  type Section,
  type Visit,
} from "./context.ts";
import { type Html, html } from "./html.ts";
import { empty, initials, pager, time } from "./layout.ts";

export function emailSection(ctx: InboxContext): Section {
  const { emails } = ctx.sendgrid;

  function page({ query }: Visit): Html {
    const current = pageOf(query);
    const to = query.get("to") ?? undefined;
    const { items, more } = read({ to, limit: PAGE_SIZE, offset: (current - 1) * PAGE_SIZE });
    const id = query.get("id");
    const chosen = id === null ? items[0] : emails.get(id);
    if (!chosen)
      return html`<div class="card" data-live="list">${empty("No e-mails yet.", "What is sent through SendGrid shows up here.")}</div>`;
    const link = (email: EmailRecord) => {
      const changed = new URLSearchParams(query);
      changed.set("id", email.id);
      return `/sandbox?${changed.toString()}`;
    };
    return html`<div class="split${id === null ? "" : " open"}">
      <div class="list-side">
        <ul class="card list" data-live="list">${items.map(
          (
            email,
          ) => html`<li><a class="item" href="${link(email)}"${email === chosen || email.id === id ? html` aria-current="true"` : ""}>
            <span class="face" aria-hidden="true">${initials(email.to[0]?.name ?? email.to[0]?.email ?? "?")}</span>
            <span class="cut"><span class="row"><span class="strong">${email.to.map(nameOf).join(", ")}</span>${time(email.created)}</span>
            <span class="cut">${email.subject || "(no subject)"}</span><br>
            <span class="dim small">${preview(email)}</span></span>
          </a></li>`,
        )}</ul>
        ${pager({ path: "/sandbox", query, page: current, more })}
      </div>
      <article class="card">${detail(chosen)}</article>
    </div>`;
  }

  function detail(email: EmailRecord): Html {
    return html`<div class="head">
        <p class="back small"><a href="/sandbox">← All e-mails</a></p>
        <h1>${email.subject || "(no subject)"}</h1>
        <dl>
          <dt>From</dt><dd>${full(email.from)}</dd>
          <dt>To</dt><dd>${email.to.map(full).join(", ")}</dd>
          ${email.cc.length > 0 && html`<dt>Cc</dt><dd>${email.cc.map(full).join(", ")}</dd>`}
          ${email.bcc.length > 0 && html`<dt>Bcc</dt><dd>${email.bcc.map(full).join(", ")}</dd>`}
          ${email.replyTo && html`<dt>Reply to</dt><dd>${full(email.replyTo)}</dd>`}
          <dt>Sent</dt><dd>${time(email.created)}</dd>
          <dt>Reader</dt><dd><form class="inline" method="post" action="/sandbox/emails/${email.id}/event"><button class="plain" name="event" value="bounce">Bounce</button><button class="plain" name="event" value="spamreport">Report as spam</button></form></dd>
          ${
            email.attachments.length > 0 &&
            html`<dt>Attached</dt><dd>${email.attachments.map(
              (file, index) =>
                html`<a href="/sandbox/emails/${email.id}/attachments/${index}">${file.filename}</a> `,
            )}</dd>`
          }
        </dl>
      </div>
      <iframe title="The e-mail as its reader sees it" src="/sandbox/emails/${email.id}" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>
      ${email.text !== undefined && html`<details><summary>Text version</summary><pre>${email.text}</pre></details>`}
      <details><summary>Headers</summary><pre>${headerLines(email)}</pre></details>`;
  }

  function read({ to, ...range }: Pick<ItemsQuery, "to" | "limit" | "offset" | "after">) {
    return to === undefined ? emails.page(range) : ctx.sendgrid.sentTo({ address: to, ...range });
  }

  return {
    tab: "emails",
    title: "E-mails",
    count: () => emails.count(),
    page,
    items({ brief, ...query }) {
      const { items, more } = read(query);
      return { items: brief ? items.map(toBrief) : items.map(toJson), more };
    },
  };
}

function toBrief({ id, created, messageId, from, to, subject, categories, customArgs }: EmailRecord): object {
  return {
    id,
    messageId,
    from,
    to,
    subject,
    categories,
    customArgs,
    created: new Date(created).toISOString(),
  };
}

function toJson(email: EmailRecord): object {
  const { created, attachments, ...rest } = email;
  return {
    ...rest,
    created: new Date(created).toISOString(),
    attachments: attachments.map(({ filename, type, content }, index) => ({
      filename,
      type,
      size: Buffer.byteLength(content, "base64"),
      url: `/sandbox/emails/${email.id}/attachments/${index}`,
    })),
  };
}

/**
 * The e-mail itself, for the frame in the inbox. It comes from whoever called the API: the policy gives it an
 * origin of its own without scripts or forms.
 */
export function emailBody(email: EmailRecord): Reply {
  const source =
    email.html ??
    `<pre style="white-space:pre-wrap;font:15px/1.5 sans-serif">${escapeHtml(email.text ?? "")}</pre>`;
  const images = source.replaceAll(/\bcid:([\w.@+-]+)/g, (whole, cid: string) => {
    const index = email.attachments.findIndex((file) => file.contentId === cid);
    return index < 0 ? whole : `/sandbox/emails/${email.id}/attachments/${index}`;
  });
  return {
    status: 200,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy":
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; font-src http: https: data:",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    },
    // Links open in a window of their own; the frame could not show them.
    body: `<!doctype html><meta charset="utf-8"><base target="_blank"><style>body{margin:${email.html === undefined ? "1rem" : "0"}}</style>${images}`,
  };
}

/** An attached file, always as a download but for pictures. */
export function emailAttachment(email: EmailRecord, index: number): Reply | undefined {
  const file = email.attachments[index];
  if (!file) return undefined;
  const picture = /^image\/(png|jpeg|gif|webp)$/.test(file.type);
  return {
    status: 200,
    headers: {
      "content-type": picture ? file.type : "application/octet-stream",
      "content-disposition": `${picture ? "inline" : "attachment"}; filename*=UTF-8''${encodeURIComponent(file.filename)}`,
      "content-security-policy": "sandbox; default-src 'none'",
      "x-content-type-options": "nosniff",
    },
    body: Buffer.from(file.content, "base64"),
  };
}

function preview({ text, html: markup = "" }: EmailRecord): string {
  const plain = text ?? markup.replaceAll(/<(style|head)[\s\S]*?<\/\1>|<[^>]*>/gi, " ");
  return plain.replaceAll(/\s+/g, " ").trim().slice(0, 90);
}

function headerLines(email: EmailRecord): string {
  const lines = {
    "Message-ID": `<${email.messageId}@sandbox>`,
    Date: new Date(email.created).toUTCString(),
    ...email.headers,
    ...(email.categories.length > 0 && { "X-Categories": email.categories.join(", ") }),
    ...(email.templateId && { "X-Template": email.templateId }),
    ...Object.fromEntries(
      Object.entries(email.customArgs).map(([name, value]) => [`X-Custom-Arg ${name}`, value]),
    ),
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
}

function nameOf({ email, name }: EmailAddress): string {
  return name ?? email;
}

function full({ email, name }: EmailAddress): string {
  return name ? `${name} <${email}>` : email;
}
