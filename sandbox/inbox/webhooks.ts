import type { Delivery } from "../webhooks/deliveries.ts";
import { type InboxContext, PAGE_SIZE, pageOf, type Section, type Visit } from "./context.ts";
import { type Html, html } from "./html.ts";
import { chip, empty, pager, time } from "./layout.ts";

const TONE = { delivered: "good", pending: "wait", failed: "bad" } as const;

export function webhookSection(ctx: InboxContext): Section {
  const { deliveries } = ctx;

  function page({ query }: Visit): Html {
    const current = pageOf(query);
    const { items, more } = deliveries.page({
      where: { url: query.get("to") ?? undefined },
      limit: PAGE_SIZE,
      offset: (current - 1) * PAGE_SIZE,
    });
    if (items.length === 0) {
      return html`<div class="card" data-live="list">${empty("No webhooks yet.", "They are sent when the sandbox is given a webhook URL.")}</div>`;
    }
    return html`<div class="card scroll"><table><thead><tr><th>Made</th><th>Event</th><th>State</th><th class="num">Attempts</th><th>Last answer</th></tr></thead>
      <tbody data-live="list">${items.map(row)}</tbody></table></div>${pager({ path: "/sandbox/webhooks", query, page: current, more })}`;
  }

  function row(delivery: Delivery): Html {
    const last = delivery.attempts.at(-1);
    return html`<tr>
      <td>${time(delivery.created)}</td>
      <td><span class="strong">${delivery.type}</span><br><span class="dim small">${delivery.vendor} → ${delivery.url}</span><br><code class="dim">${delivery.subject}</code></td>
      <td>${chip(delivery.state, TONE[delivery.state])}</td>
      <td class="num" data-head="Attempts">${delivery.attempts.length}</td>
      <td>${last && html`${last.status === 0 ? "no answer" : last.status} <span class="dim small">in ${last.tookMs} ms</span><br><span class="dim small">${last.answer.slice(0, 120)}</span>`}</td>
    </tr>`;
  }

  return {
    tab: "webhooks",
    title: "Webhooks",
    count: () => deliveries.count(),
    page,
    items({ to, ...page }) {
      const { items, more } = deliveries.page({ where: { url: to }, ...page });
      return {
        items: items.map(({ created, attempts, ...rest }) => ({
          ...rest,
          created: new Date(created).toISOString(),
          attempts: attempts.map(({ at, ...attempt }) => ({ at: new Date(at).toISOString(), ...attempt })),
        })),
        more,
      };
    },
  };
}
