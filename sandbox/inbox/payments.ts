import { disputesOf, isInquiry, isOpen } from "../stripe/dispute.ts";
import type { ChargeRecord, DisputeRecord, DisputeStatus, Intent, IntentStatus } from "../stripe/records.ts";
import { renderIntent } from "../stripe/render.ts";
import { cardByName } from "../stripe/test-cards.ts";
import { type InboxContext, PAGE_SIZE, pageOf, type Section, type Visit } from "./context.ts";
import { type Html, html } from "./html.ts";
import { chip, empty, pager, time } from "./layout.ts";

const TONE: Record<IntentStatus, "good" | "bad" | "wait" | "plain"> = {
  succeeded: "good",
  requires_capture: "wait",
  requires_action: "wait",
  requires_confirmation: "wait",
  requires_payment_method: "plain",
  processing: "wait",
  canceled: "plain",
};

const DISPUTE_TONE: Partial<Record<DisputeStatus, "good" | "bad">> = {
  won: "good",
  warning_closed: "good",
  lost: "bad",
  needs_response: "bad",
};

export function paymentSection(ctx: InboxContext): Section {
  const { intents, charges, methods } = ctx.stripe.records;

  function page({ query }: Visit): Html {
    const current = pageOf(query);
    const id = query.get("id");
    const chosen = id === null ? undefined : intents.get(id);
    const { items, more } = chosen
      ? { items: [chosen], more: false }
      : intents.page({
          where: { email: query.get("to")?.toLowerCase() },
          limit: PAGE_SIZE,
          offset: (current - 1) * PAGE_SIZE,
        });
    if (items.length === 0) {
      return html`<div class="card" data-live="list">${empty("No payments yet.", "Payment intents made through Stripe show up here.")}</div>`;
    }
    return html`${chosen && html`<p class="small"><a href="/sandbox/payments">← All payments</a></p>`}
      <div class="card scroll"><table><thead><tr><th>Made</th><th class="num">Amount</th><th>State</th><th>Method</th><th>For</th></tr></thead>
      <tbody data-live="list">${items.map(row)}</tbody></table></div>
      ${pager({ path: "/sandbox/payments", query, page: current, more })}`;
  }

  function row(intent: Intent): Html {
    const charge = charges.get(intent.latest_charge ?? "");
    const tags = Object.entries(intent.metadata).map(([name, value]) => `${name} ${value}`);
    const refunded = charge ? refundedOf(charge) : 0;
    return html`<tr>
      <td>${time(intent.created)}</td>
      <td class="num strong">${money(intent.amount, intent.currency)}${refunded > 0 && html`<br><span class="dim small weak">${money(refunded, intent.currency)} refunded</span>`}</td>
      <td>${chip(intent.status.replaceAll("_", " "), intent.last_error ? "bad" : TONE[intent.status])}${
        intent.last_error &&
        html`<br><span class="dim small">${intent.last_error.decline_code ?? intent.last_error.code}</span>`
      }${action(intent)}${charge?.disputed && disputesOf(ctx.stripe, charge.id).map(disputeRow)}</td>
      <td class="whole">${methodName(intent, charge)}</td>
      <td>${intent.description ?? intent.receipt_email ?? ""}${tags.map((tag) => html`<br><span class="dim small">${tag}</span>`)}<br><code class="dim">${intent.id}</code></td>
    </tr>`;
  }

  /** What a person can do for the payer. */
  function action(intent: Intent): Html {
    const next = intent.status === "requires_action" ? intent.next_action : undefined;
    if (next?.kind === "redirect")
      return html`<br><a class="small" href="/sandbox/3ds/${intent.id}">Authenticate…</a>`;
    if (!intent.bank_transfer || !intent.customer) return html``;
    const isAwaited = next?.kind === "bank_transfer";
    const left = isAwaited ? intent.amount - (intent.amount_funded ?? 0) : intent.amount;
    const value = (left / unitsOf(intent.currency)).toFixed(Math.log10(unitsOf(intent.currency)));
    return html`<form class="inline" method="post" action="/sandbox/payments/${intent.id}/fund">
      <input name="amount" inputmode="decimal" aria-label="Amount in ${intent.currency.toUpperCase()}" value="${value}">
      <button class="plain">${isAwaited ? "Transfer" : "Transfer once more"}</button></form>`;
  }

  /** A dispute, and what a person can decide in the place of the bank. */
  function disputeRow(dispute: DisputeRecord): Html {
    const [won, lost] = isInquiry(dispute) ? ["Close", "Escalate"] : ["Won", "Lost"];
    return html`<br><span class="dim small">${dispute.reason.replaceAll("_", " ")}</span> ${chip(
      dispute.status.replaceAll("_", " "),
      DISPUTE_TONE[dispute.status] ?? "wait",
    )}${
      isOpen(dispute) &&
      html`<form class="inline" method="post" action="/sandbox/disputes/${dispute.id}">
      <button class="plain" name="outcome" value="won">${won}</button><button class="plain" name="outcome" value="lost">${lost}</button></form>`
    }`;
  }

  /** Stripe's payment intent, and what became of its money, which Stripe tells at the charge. */
  function toJson(intent: Intent, { brief }: { brief: boolean }): object {
    const charge = charges.get(intent.latest_charge ?? "");
    const { id, created, status, amount, currency, amount_received, metadata } = intent;
    return {
      ...(brief
        ? { id, created: Math.floor(created / 1000), status, amount, currency, amount_received, metadata }
        : renderIntent(intent, ctx.stripe.links)),
      amount_captured: charge?.amount_captured ?? 0,
      amount_refunded: charge ? refundedOf(charge) : 0,
      captured: charge?.captured ?? false,
      ...(charge?.disputed && {
        disputes: disputesOf(ctx.stripe, charge.id).map((each) => ({ id: each.id, status: each.status })),
      }),
    };
  }

  function methodName(intent: Intent, charge: ChargeRecord | undefined): string {
    const method = methods.get(intent.payment_method ?? charge?.payment_method ?? "");
    if (!method) return "";
    if (!method.card) return "Bank transfer";
    const card = cardByName(method.card.test);
    return card
      ? `${card.brand.slice(0, 1).toUpperCase()}${card.brand.slice(1)} •••• ${card.number.slice(-4)}`
      : "Card";
  }

  return {
    tab: "payments",
    title: "Payments",
    count: () => intents.count(),
    page,
    items({ to, brief, ...page }) {
      const { items, more } = intents.page({ where: { email: to?.toLowerCase() }, ...page });
      return { items: items.map((intent) => toJson(intent, { brief })), more };
    },
  };
}

/** What was given back of what was taken; Stripe's own count has what was never captured in it. */
function refundedOf(charge: ChargeRecord): number {
  return charge.captured ? charge.amount_refunded - (charge.amount - charge.amount_captured) : 0;
}

/** An amount of the smallest unit as a person writes it. */
export function money(amount: number, currency: string): string {
  return formatOf(currency).format(amount / unitsOf(currency));
}

/** An amount that a person wrote, such as `12.50`, in smallest units; undefined when it is none. */
export function smallestUnits(text: string, currency: string): number | undefined {
  if (!/^\d{1,9}(?:\.\d{1,3})?$/.test(text.trim())) return undefined;
  const amount = Math.round(Number(text) * unitsOf(currency));
  return amount > 0 ? amount : undefined;
}

/** How many of the smallest unit make one of a currency. */
function unitsOf(currency: string): number {
  return 10 ** (formatOf(currency).resolvedOptions().maximumFractionDigits ?? 2);
}

function formatOf(currency: string): Intl.NumberFormat {
  return new Intl.NumberFormat("en", { style: "currency", currency });
}
