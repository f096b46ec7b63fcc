import type { Reply } from "../http/message.ts";
import { declaredItems } from "../shippo/customs.ts";
import { labelPdf } from "../shippo/label.ts";
import { type TransactionRecord, trackingStatus } from "../shippo/records.ts";
import { amountText, currencyOf, serviceOf } from "../shippo/tariff.ts";
import { trackingUrl } from "../shippo/tracking-number.ts";
import { canMove } from "../shippo/transactions.ts";
import { type InboxContext, PAGE_SIZE, pageOf, type Section, type Visit } from "./context.ts";
import { type Html, html } from "./html.ts";
import { chip, empty, pager, time } from "./layout.ts";

export function labelSection(ctx: InboxContext): Section {
  const { transactions } = ctx.shippo;

  function page({ query }: Visit): Html {
    const current = pageOf(query);
    const { items, more } = transactions.page({
      where: { to: query.get("to")?.toLowerCase() },
      limit: PAGE_SIZE,
      offset: (current - 1) * PAGE_SIZE,
    });
    if (items.length === 0) {
      return html`<div class="card" data-live="list">${empty("No labels yet.", "Labels bought through Shippo show up here.")}</div>`;
    }
    return html`<div class="card scroll"><table><thead><tr><th>Bought</th><th>To</th><th>Service</th><th>Tracking</th><th class="num">Price</th><th></th></tr></thead>
      <tbody data-live="list">${items.map((transaction) => {
        const label = describe(transaction);
        return html`<tr>
          <td>${time(transaction.created)}</td>
          <td><span class="strong">${label.name}</span><br><span class="dim small">${label.place}</span></td>
          <td>${label.service.startsWith(label.carrier) ? "" : `${label.carrier} `}${label.service}${transaction.metadata !== "" && html`<br><span class="dim small">${transaction.metadata}</span>`}${label.customs.map(
            (item) =>
              html`<br><span class="dim small">${item.quantity} × ${item.description}, ${item.value}: ${item.tariff_number} from ${item.origin_country}</span>`,
          )}</td>
          <td>${label.number ? html`<code>${label.number}</code><br>${tracking(transaction)}` : html`<span class="dim small">${transaction.messages.map((message) => message.text).join(" ")}</span>`}</td>
          <td class="num" data-head="Price">${label.price}</td>
          <td>${
            transaction.status === "SUCCESS"
              ? html`<a class="button plain" href="/sandbox/labels/${transaction.id}.pdf">PDF</a>`
              : chip(transaction.status.toLowerCase(), transaction.status === "ERROR" ? "bad" : "plain")
          }</td>
        </tr>`;
      })}</tbody></table></div>${pager({ path: "/sandbox/labels", query, page: current, more })}`;
  }

  function tracking(transaction: TransactionRecord): Html {
    const status = trackingStatus(transaction);
    const tone = {
      DELIVERED: "good",
      RETURNED: "bad",
      FAILURE: "bad",
      TRANSIT: "wait",
      PRE_TRANSIT: "wait",
      UNKNOWN: "plain",
    } as const;
    return html`<form class="inline" method="post" action="/sandbox/labels/${transaction.id}/track">${chip(status.replaceAll("_", " ").toLowerCase(), tone[status])} ${canMove(transaction) && html`<button class="plain">Move on</button>`}</form>`;
  }

  function describe(transaction: TransactionRecord) {
    const shipment = ctx.shippo.shipments.get(transaction.shipment);
    const rate = shipment?.rates[Number.parseInt(transaction.rate.slice(30), 16) - 1];
    if (!shipment || !rate) throw new Error(`transaction ${transaction.id} has lost its rate`);
    const service = serviceOf(rate);
    const to = shipment.to.fields;
    const currency = currencyOf(shipment.from.fields.country);
    return {
      name: to.name ?? "",
      place: [to.city, to.state, to.zip, to.country].filter(Boolean).join(", "),
      email: to.email,
      carrier: service.carrier,
      service: service.name,
      number: transaction.tracking_number,
      price: `${amountText(rate, { from: currency, to: currency })} ${currency}`,
      customs: declaredItems(shipment),
    };
  }

  return {
    tab: "labels",
    title: "Labels",
    count: () => transactions.count(),
    page,
    items({ to, ...page }) {
      const { items, more } = transactions.page({ where: { to: to?.toLowerCase() }, ...page });
      return {
        items: items.map((transaction) => {
          const { number, ...label } = describe(transaction);
          return {
            id: transaction.id,
            created: new Date(transaction.created).toISOString(),
            status: transaction.status,
            metadata: transaction.metadata,
            rate: transaction.rate,
            shipment: transaction.shipment,
            shipment_metadata: ctx.shippo.shipments.get(transaction.shipment)?.metadata ?? "",
            tracking_status: trackingStatus(transaction),
            ...label,
            tracking_number: number ?? null,
            tracking_url: number ? trackingUrl({ carrier: label.carrier, number }) : null,
            label_url: number ? ctx.labelUrl(transaction.id) : null,
            messages: transaction.messages,
          };
        }),
        more,
      };
    },
  };
}

/** The label as a PDF, made when it is asked for. Undefined when no such label was bought. */
export async function labelFile(ctx: InboxContext, file: string): Promise<Reply | undefined> {
  const id = /^([0-9a-f]{32})\.pdf$/.exec(file)?.[1];
  const transaction = id ? ctx.shippo.transactions.get(id) : undefined;
  const shipment = transaction && ctx.shippo.shipments.get(transaction.shipment);
  if (!transaction?.tracking_number || !shipment) return undefined;
  try {
    const pdf = await labelPdf({ transaction, shipment });
    const headers = {
      "content-type": "application/pdf",
      "content-disposition": `inline; filename="${transaction.tracking_number}.pdf"`,
    };
    return { status: 200, headers, body: pdf };
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw err;
    return {
      status: 501,
      headers: { "content-type": "text/plain; charset=utf-8" },
      body: "Label pictures need the development dependencies pdfkit and bwip-js, which are not installed here.\n",
    };
  }
}
