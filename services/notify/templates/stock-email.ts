import { type NotifyStockRequest_Item, StockEventKind } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { type Html, html } from "./html.ts";
import { layout, singleLine, style, table } from "./layout.ts";

/** What somebody is told about stock. */
export interface StockNews {
  shopName: string;
  kind: StockEventKind;
  /** At least one. */
  items: readonly Pick<NotifyStockRequest_Item, "sku" | "title" | "available" | "threshold">[];
}

interface Headline {
  subject: string;
  title: string;
  /** One or two sentences. */
  lead: string;
  /** Why the recipient gets it. */
  footer: string;
}

/** The e-mail about stock: subject, HTML and the same as plain text. */
export function stockEmail(news: StockNews): { subject: string; html: string; text: string } {
  const { shopName, items } = news;
  const { subject, title, lead, footer } = headlineOf(news);
  return {
    subject,
    html: layout({
      shopName,
      subject,
      preview: lead,
      footer,
      sections: [
        html`<h1 style="margin:18px 0 10px;${style.title}">${title}</h1>
<p style="margin:0;${style.text}">${lead}</p>`,
        table(items.map((item) => row(item, factsOf(news, item)))),
      ],
    }),
    text: [
      [title, "", lead],
      ...items.map((item) => [nameOf(item), ...factsOf(news, item).map((fact) => fact.join(": "))]),
      [shopName],
      [footer],
    ]
      .map((lines) => lines.join("\n"))
      .join("\n\n")
      .concat("\n"),
  };
}

function headlineOf({ shopName, kind, items }: StockNews): Headline {
  const what = items.length === 1 ? items.map(nameOf).join() : `${items.length} products`;
  const one = items.length === 1;
  switch (kind) {
    case StockEventKind.LOW: {
      const isOut = items.every(({ available }) => available === 0n);
      return {
        subject: singleLine(isOut ? `Out of stock: ${what}` : `Low stock: ${what}`),
        title: isOut ? `${what} ${one ? "is" : "are"} out of stock` : `${what} ${one ? "runs" : "run"} low`,
        lead: isOut
          ? "Nothing of it can be ordered any more, until more is delivered."
          : "It has come down to the threshold that was set for it. It is time to order more.",
        footer: `You receive this message because you look after the stock of ${shopName}.`,
      };
    }
    case StockEventKind.BACK:
      return {
        subject: singleLine(`Back in stock: ${what}`),
        title: `${what} ${one ? "is" : "are"} back`,
        lead: "You wanted to know when it can be ordered again: it can, while stocks last. Nothing is held for you.",
        footer: `You asked ${shopName} for this message. There will be no other.`,
      };
    case StockEventKind.UNSPECIFIED:
      throw new TypeError("there is no message about nothing");
    default:
      throw new TypeError(`no words for news of kind ${String(kind satisfies never)}`);
  }
}

/** Name and value of what is to be said of an item. */
function factsOf({ kind }: StockNews, { sku, title, available, threshold }: StockNews["items"][number]) {
  const facts: [string, string][] = [
    ["SKU", title === "" ? "" : sku],
    ["Available", kind === StockEventKind.LOW ? String(available) : ""],
    ["Threshold", kind === StockEventKind.LOW ? String(threshold) : ""],
  ];
  return facts.filter(([, value]) => value !== "");
}

function row(item: StockNews["items"][number], facts: readonly [string, string][]): Html {
  return html`<tr><td style="padding:12px 12px 12px 0;${style.line};${style.strong}">${nameOf(item)}
${facts.map(([name, value]) => html`<div style="font-weight:400;${style.small}">${name}: ${value}</div>`)}</td></tr>
`;
}

function nameOf({ title, sku }: Pick<NotifyStockRequest_Item, "title" | "sku">): string {
  return title || sku;
}
