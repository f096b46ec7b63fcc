import type { OrderSummary } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { type Html, html, link } from "./html.ts";
import { button, layout, panel, singleLine, style, table } from "./layout.ts";
import {
  addressLines,
  amountOf,
  headlineOf,
  type OrderNews,
  pickUpWords,
  type Sum,
  sumsOf,
  transferFacts,
  transferOf,
} from "./order-news.ts";
import { orderText } from "./order-text.ts";

/** The e-mail about an order: subject, HTML and the same as plain text. Errors: MoneyError. */
export function orderEmail(news: OrderNews): { subject: string; html: string; text: string } {
  const { shopName, order } = news;
  const headline = headlineOf(news);
  const subject = singleLine(headline.subject);
  const sections = [
    html`<h1 style="margin:18px 0 10px;${style.title}">${headline.title}</h1>
<p style="margin:0;${style.text}">${headline.lead}</p>`,
    reason(order),
    transfer(news),
    parcel(order),
    items(order),
    facts(order),
  ].filter((section) => section !== undefined);
  return {
    subject,
    html: layout({
      shopName,
      subject,
      preview: headline.lead,
      footer: `You receive this message because of your order ${order.orderId} at ${shopName}.`,
      sections,
    }),
    text: orderText(news),
  };
}

function reason({ cancelReason }: OrderSummary): Html | undefined {
  if (cancelReason === "") return undefined;
  return panel(
    html`<div style="${style.label}">Reason</div><div style="${style.text}">${cancelReason}</div>`,
  );
}

function transfer(news: OrderNews): Html | undefined {
  const transfer = transferOf(news);
  if (transfer === undefined) return undefined;
  const rows = transferFacts(transfer, news.order.total).map(
    ([name, value]) =>
      html`<tr><td style="padding:3px 16px 3px 0;${style.small};white-space:nowrap" valign="top">${name}</td>
<td width="100%" style="padding:3px 0;${style.code}"><strong>${value}</strong></td></tr>\n`,
  );
  return panel(table(rows));
}

function parcel({ carrier, trackingNumber, trackingUrl, labelUrl }: OrderSummary): Html | undefined {
  const tracking = link(trackingUrl);
  const label = link(labelUrl);
  if (trackingNumber === "" && tracking === undefined && label === undefined) return undefined;
  return panel(html`<div style="${style.label}">${carrier || "Carrier"}</div>
<div style="padding-bottom:12px;${style.code}"><strong>${trackingNumber}</strong></div>
${tracking && button({ href: tracking, label: "Track your parcel" })}
${label && html`<div style="padding-top:12px;${style.small}"><a href="${label}" style="color:#0b69a3">Shipping label (PDF)</a></div>`}`);
}

function items(order: OrderSummary): Html | undefined {
  const rows = order.lines.map(
    (line) => html`<tr>
<td style="padding:12px 12px 12px 0;${style.line};${style.text}">${line.title}</td>
<td align="right" valign="top" style="padding:12px;${style.line};${style.text};white-space:nowrap">× ${line.quantity}</td>
<td align="right" valign="top" style="padding:12px 0 12px 12px;${style.line};${style.text};white-space:nowrap">${amountOf(line.total)}</td>
</tr>\n`,
  );
  const totals = sumsOf(order).map(sumRow);
  if (rows.length + totals.length === 0) return undefined;
  return html`${table([...rows, html`<tr><td colspan="3" style="height:8px;line-height:8px;font-size:0">&nbsp;</td></tr>\n`, ...totals])}`;
}

function sumRow({ name, amount, weight }: Sum): Html {
  const look = weight === "total" ? style.strong : weight === "note" ? style.small : style.text;
  return html`<tr><td colspan="2" align="right" style="padding:4px 12px 4px 0;${look}">${name}</td>
<td align="right" style="padding:4px 0 4px 12px;${look};white-space:nowrap">${amount}</td></tr>\n`;
}

function facts(order: OrderSummary): Html {
  const lines = order.pickUp ? [pickUpWords] : addressLines(order.shippingAddress);
  const label = order.pickUp ? "Pick-up" : "Goes to";
  const place = lines.map((line, i) => (i === 0 ? html`${line}` : html`<br>${line}`));
  return table(html`<tr>
${lines.length > 0 ? html`<td class="half" width="42%" valign="top" style="padding-right:16px"><div style="${style.label}">${label}</div><div style="${style.text}">${place}</div></td>` : undefined}
<td class="half" valign="top"><div style="${style.label}">Order</div><div style="${style.code}">${order.orderId}</div></td>
</tr>\n`);
}
