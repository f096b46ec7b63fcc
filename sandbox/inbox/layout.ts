import { type Html, html } from "./html.ts";

export type Tab = "emails" | "messages" | "labels" | "payments" | "webhooks" | "faults";

export const TABS: readonly { tab: Tab; path: string; title: string }[] = [
  { tab: "emails", path: "/sandbox", title: "E-mails" },
  { tab: "messages", path: "/sandbox/messages", title: "SMS" },
  { tab: "labels", path: "/sandbox/labels", title: "Labels" },
  { tab: "payments", path: "/sandbox/payments", title: "Payments" },
  { tab: "webhooks", path: "/sandbox/webhooks", title: "Webhooks" },
  { tab: "faults", path: "/sandbox/faults", title: "Faults" },
];

/** The frame of every inbox page. `inbox.js` refreshes what has `data-live`, without touching the rest. */
export function page({
  title,
  tab,
  counts,
  body,
}: {
  title: string;
  tab?: Tab;
  counts: Record<Tab, number>;
  body: Html;
}): string {
  const number = new Intl.NumberFormat("en");
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Rowlock sandbox</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/sandbox/inbox.css">
<script src="/sandbox/inbox.js" defer></script>
</head>
<body>
<header class="top">
  <a class="brand" href="/sandbox"><span class="mark" aria-hidden="true"></span>Rowlock <em>sandbox</em></a>
  <nav data-live="nav" aria-label="Sections">
    ${TABS.map(
      (entry) =>
        html`<a href="${entry.path}"${entry.tab === tab ? html` aria-current="page"` : ""}>${entry.title}<span class="count">${number.format(counts[entry.tab])}</span></a>`,
    )}
  </nav>
</header>
<main>${body}</main>
<footer>Nothing here left this machine: no e-mail, text or parcel was sent, and no money was moved.</footer>
</body>
</html>`.text;
}

/** Links to newer and older items. */
export function pager({
  path,
  query,
  page: current,
  more,
}: {
  path: string;
  query: URLSearchParams;
  page: number;
  more: boolean;
}): Html {
  const link = (to: number, text: string, rel: string) => {
    const changed = new URLSearchParams(query);
    changed.delete("id");
    if (to === 1) changed.delete("page");
    else changed.set("page", String(to));
    const tail = changed.size > 0 ? `?${changed.toString()}` : "";
    return html`<a rel="${rel}" href="${path}${tail}">${text}</a>`;
  };
  if (current === 1 && !more) return html``;
  return html`<p class="pager">${current > 1 && link(current - 1, "← Newer", "prev")}<span>Page ${current}</span>${more && link(current + 1, "Older →", "next")}</p>`;
}

export function empty(what: string, hint: string): Html {
  return html`<div class="empty"><p>${what}</p><p class="dim">${hint}</p></div>`;
}

/** A moment, as text for machines and, by inbox.js, in the reader's own time zone. */
export function time(at: number): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`;
}

export function chip(text: string, tone: "good" | "bad" | "wait" | "plain"): Html {
  return html`<span class="chip ${tone}">${text}</span>`;
}

export function initials(name: string): string {
  const words = name
    .replaceAll(/[^\p{L}\p{N} ]/gu, " ")
    .trim()
    .split(/\s+/);
  return (
    words
      .slice(0, 2)
      .map((word) => word.slice(0, 1).toUpperCase())
      .join("") || "?"
  );
}
