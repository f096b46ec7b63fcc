import { describe, expect, test } from "vitest";
import { OrderEventKind } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import {
  fulfilledOrder,
  orderSummary,
  orderToTransfer,
  orderToTransferToProvider,
  sayOrder,
} from "../testing/notify.ts";
import { link, type OrderNews as News } from "./view.ts";

type OrderNews = News & { shopName: string };

const cases: [string, OrderNews, { subject: string; says: string[]; sms: string }][] = [
  [
    "transfer",
    { shopName: "Rowlock", kind: OrderEventKind.PAYMENT_INSTRUCTIONS, order: orderToTransfer() },
    {
      subject: "How to pay for your order (ord_1)",
      says: ["BCA VA", "8808123456789012", "ORD-7K2M", "October 7, 2026 at 14:00 UTC", "$100.20"],
      sms: "Rowlock: please transfer $100.20 for order ord_1 to BCA VA 8808123456789012, reference ORD-7K2M before October 7, 2026 at 14:00 UTC.",
    },
  ],
  [
    "transfer to the provider",
    { shopName: "Rowlock", kind: OrderEventKind.PAYMENT_INSTRUCTIONS, order: orderToTransferToProvider() },
    {
      subject: "How to pay for your order (ord_1)",
      says: ["Barclays", "Rowlock Ltd", "31510604", "BARCGB22", "108800", "027", "futsu"],
      sms: "Rowlock: please transfer $100.20 for order ord_1 to Barclays 31510604.",
    },
  ],
  [
    "fulfilled",
    { shopName: "Rowlock", kind: OrderEventKind.FULFILLED, order: fulfilledOrder() },
    {
      subject: "Your order is on its way (ord_1)",
      says: ["USPS", "92055", "https://track.test/92055", "https://labels.test/t1.pdf"],
      sms: "Rowlock: order ord_1 is on its way with USPS 92055: https://track.test/92055",
    },
  ],
  [
    "canceled",
    {
      shopName: "Rowlock",
      kind: OrderEventKind.CANCELED,
      order: orderSummary({ cancelReason: "Changed my mind" }),
    },
    {
      subject: "Your order was canceled (ord_1)",
      says: ["Changed my mind"],
      sms: "Rowlock: order ord_1 was canceled. Reason: Changed my mind",
    },
  ],
  [
    "expired",
    { shopName: "Rowlock", kind: OrderEventKind.EXPIRED, order: orderSummary() },
    {
      subject: "Your order has expired (ord_1)",
      says: ["no payment in time"],
      sms: "Rowlock: order ord_1 has expired: we received no payment in time.",
    },
  ],
  [
    "refunded",
    { shopName: "Rowlock", kind: OrderEventKind.REFUNDED, order: orderSummary() },
    {
      subject: "A refund for your order (ord_1)",
      says: ["given $100.20 back"],
      sms: "Rowlock: $100.20 for order ord_1 was given back. Your bank may take some days to show it.",
    },
  ],
];

test.each([OrderEventKind.EXPIRED, OrderEventKind.CANCELED, OrderEventKind.REFUNDED])(
  "nobody is asked to transfer money for an order that has ended (%s)",
  (kind) => {
    const news: OrderNews = { shopName: "Rowlock", kind, order: orderToTransfer() };
    const { html: markup, text } = sayOrder(news);
    for (const form of [markup, text, sayOrder(news).sms]) expect(form).not.toContain("8808123456789012");
  },
);

test("an order that expired while it waited for a transfer asks not to send it any more", () => {
  const news: OrderNews = { shopName: "Rowlock", kind: OrderEventKind.EXPIRED, order: orderToTransfer() };
  for (const form of [sayOrder(news).text, sayOrder(news).sms]) {
    expect(form).toContain("Please do not transfer the money any more");
  }
});

test("a refund of an unknown amount is told all the same", () => {
  const order = orderSummary({ total: undefined });
  const news: OrderNews = { shopName: "Rowlock", kind: OrderEventKind.REFUNDED, order };
  expect(sayOrder(news).text).toContain("given your money back");
  expect(sayOrder(news).sms).toContain("the money for order ord_1 was given back");
});

const usd = (amount: bigint) => ({ currencyCode: "USD", amount });

test.each<[string, Parameters<typeof orderSummary>[0], string[]]>([
  [
    "discounts and taxes of both kinds",
    {
      itemDiscount: usd(943n),
      shippingDiscount: usd(590n),
      taxTotal: usd(500n),
      includedTaxTotal: usd(420n),
      total: usd(8567n),
    },
    [
      "Items: $94.30",
      "Discount: -$9.43",
      "Shipping: $5.90",
      "Shipping discount: -$5.90",
      "Taxes: $0.80",
      "Total: $85.67",
      "Included taxes: $4.20",
    ],
  ],
  [
    "none of them",
    { itemDiscount: usd(0n), shippingDiscount: usd(0n), taxTotal: usd(0n), includedTaxTotal: usd(0n) },
    ["Items: $94.30", "Shipping: $5.90", "Total: $100.20"],
  ],
  [
    "a pick-up",
    { pickUp: true, shippingTotal: usd(0n), total: usd(9430n) },
    ["Items: $94.30", "Total: $94.30"],
  ],
])("the sums of an order with %s stand in their order", (_what, fields, want) => {
  const { html: markup, text } = sayOrder({
    shopName: "Rowlock",
    kind: OrderEventKind.FULFILLED,
    order: orderSummary(fields),
  });
  const inText = text
    .split("\n")
    .filter((line) => /^(Items|Discount|Shipping|Taxes|Total|Included)/.test(line));
  expect(inText).toEqual(want);
  const cells = markup
    .replace(/<[^>]*>/g, "\n")
    .split("\n")
    .filter((cell) => cell.trim() !== "");
  let at = 0;
  for (const line of want) {
    const [name = "", amount = ""] = line.split(": ");
    at = cells.indexOf(name, at);
    expect([name, cells[at + 1]]).toEqual([name, amount]);
  }
});

test("what the buyer picks up goes nowhere, and is ready", () => {
  const news: OrderNews = {
    shopName: "Rowlock",
    kind: OrderEventKind.FULFILLED,
    order: orderSummary({ pickUp: true }),
  };
  const { subject, html: markup, text } = sayOrder(news);
  expect(subject).toBe("Your order is ready (ord_1)");
  expect(sayOrder(news).sms).toBe("Rowlock: order ord_1 is ready: you can pick it up.");
  for (const form of [markup, text]) {
    expect(form).toContain("You pick your order up.");
    expect(form).not.toMatch(/965 Mission St|Goes to|Shipping|carrier/);
  }
  const canceled = sayOrder({ ...news, kind: OrderEventKind.CANCELED });
  expect(canceled.text).toContain("Nothing of it will be kept for you.");
});

test("of an order in several parcels each is named with its goods, and one that holds all without them", () => {
  const [shirt, mug] = orderSummary().lines;
  const first = {
    carrier: "USPS",
    trackingNumber: "92055",
    trackingUrl: "https://track.test/92055",
    labelUrl: "",
  };
  const second = { carrier: "", trackingNumber: "", trackingUrl: "", labelUrl: "https://labels.test/t2.pdf" };
  const order = orderSummary({
    ...first,
    parcels: [
      { ...first, lines: shirt ? [{ ...shirt, quantity: 1n }] : [] },
      { ...second, lines: shirt && mug ? [{ ...shirt, quantity: 1n }, mug] : [] },
    ],
  });
  const said = sayOrder({ kind: OrderEventKind.FULFILLED, order });
  expect(said.sms).toBe("Rowlock: order ord_1 is on its way in 2 parcels: USPS 92055, carrier.");
  expect(said.text).toContain("Your order goes out in 2 parcels.");
  expect(said.text).toContain(
    "USPS: 92055\n1 x Linen Shirt, blue, M\nTrack your parcel: https://track.test/92055\n\n" +
      "Carrier\n1 x Linen Shirt, blue, M\n1 x Ceramic Mug\nShipping label (PDF): https://labels.test/t2.pdf\n",
  );
  for (const part of ["92055", "1 × Linen Shirt, blue, M<br>1 × Ceramic Mug", "https://labels.test/t2.pdf"]) {
    expect(said.html).toContain(part);
  }
  for (const language of ["de", "id"]) {
    expect(sayOrder({ kind: OrderEventKind.FULFILLED, order, language }).sms).toMatch(
      / 2 pake.*: USPS 92055, /i,
    );
  }

  const whole = { ...first, lines: order.lines };
  const one = sayOrder({
    kind: OrderEventKind.FULFILLED,
    order: orderSummary({ ...first, parcels: [whole] }),
  });
  expect(one).toEqual(sayOrder({ kind: OrderEventKind.FULFILLED, order: orderSummary(first) }));
  const part = orderSummary({ ...first, parcels: [{ ...first, lines: mug ? [mug] : [] }] });
  const sent = sayOrder({ kind: OrderEventKind.SHIPPED, order: part });
  expect(sent.sms).toBe(
    "Rowlock: a parcel of order ord_1 was sent with USPS 92055: https://track.test/92055",
  );
  expect(sent.text).toContain("USPS: 92055\n1 x Ceramic Mug\nTrack your parcel");
});

test("what costs nothing was not paid for", () => {
  const order = orderSummary({ total: usd(0n) });
  const { text } = sayOrder({ shopName: "Rowlock", kind: OrderEventKind.FULFILLED, order });
  expect(text).toContain("Thank you for your order. Your parcel");
});

describe.each(cases)("news of kind %s", (_, news, want) => {
  const email = sayOrder(news);

  test("have a subject and a text message", () => {
    expect(email.subject).toBe(want.subject);
    expect(sayOrder(news).sms).toBe(want.sms);
  });

  test.each(["html", "text"] as const)("say everything as %s", (form) => {
    const order = ["ord_1", "Linen Shirt, blue, M", "Ceramic Mug", "$79.80", "$94.30", "$5.90", "$100.20"];
    const address = ["Ada Lovelace", "965 Mission St", "Apt 4", "San Francisco, CA 94103", "United States"];
    for (const part of [...want.says, ...order, ...address]) expect(email[form]).toContain(part);
  });

  test("are whole documents without a script or an image", () => {
    expect(email.html).toMatch(/^<!doctype html>/);
    expect(email.html).not.toMatch(/<script|<img|undefined|null|\[object/);
    expect(email.text).not.toMatch(/undefined|null|\[object|<[a-z]/);
    for (const tag of ["table", "tr", "td", "div", "a"]) {
      const opened = email.html.match(new RegExp(`<${tag}[\\s>]`, "g"))?.length;
      expect([tag, email.html.match(new RegExp(`</${tag}>`, "g"))?.length]).toEqual([tag, opened]);
    }
  });
});

test("what customers and carriers wrote cannot become markup, wherever it stands", () => {
  const evil = `"><script>alert('x')</script>&`;
  const news: OrderNews = {
    shopName: evil,
    kind: OrderEventKind.CANCELED,
    order: orderSummary({
      orderId: evil,
      lines: [{ title: evil, quantity: 1n }],
      shippingAddress: {
        name: evil,
        line1: evil,
        line2: evil,
        city: evil,
        state: evil,
        postalCode: evil,
        countryCode: evil,
      },
      carrier: evil,
      trackingNumber: evil,
      trackingUrl: `https://track.test/?q=${evil}`,
      labelUrl: `https://labels.test/${evil}`,
      transfer: {
        ...{ bank: evil, accountNumber: evil, reference: evil },
        bankAccount: { holder: evil, bic: evil, bankCode: evil, branchCode: evil, accountType: evil },
      },
      cancelReason: evil,
    }),
  };
  const { html: markup } = sayOrder(news);
  expect(markup).not.toContain("<script>");
  expect(markup).not.toContain(`"><`.concat("script"));
  expect(markup.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(10);
});

test.each([
  ["a script", "javascript:alert(1)"],
  ["a document of its own", "data:text/html,<script>"],
  ["a path", "/label.pdf"],
  ["no address", "label"],
  ["nothing", ""],
])("a link to %s is left out", (_, url) => {
  expect(link(url)).toBeNull();
  const order = orderSummary({ trackingUrl: url, labelUrl: url });
  const email = sayOrder({ shopName: "Rowlock", kind: OrderEventKind.FULFILLED, order });
  expect(email.html).not.toContain("<a ");
  expect(email.text).not.toContain("Track your parcel");
});

test("a subject is one short line", () => {
  const order = orderSummary({ orderId: `a\r\nBcc: eve@example.com\r\n${"x".repeat(500)}` });
  const { subject } = sayOrder({ shopName: "Rowlock", kind: OrderEventKind.FULFILLED, order });
  expect(subject).toMatch(/^Your order is on its way \(a Bcc: eve@example.com x+$/);
  expect(subject.length).toBe(200);
});

test("a text message is never longer than the provider takes", () => {
  const order = orderSummary({ cancelReason: "x".repeat(5000) });
  expect(sayOrder({ shopName: "Rowlock", kind: OrderEventKind.CANCELED, order }).sms).toHaveLength(1600);
});

test("amounts have ordinary blanks, which text messages count once", () => {
  const order = orderSummary({ total: { currencyCode: "HUF", amount: 199_900n } });
  expect(sayOrder({ shopName: "Rowlock", kind: OrderEventKind.PAYMENT_INSTRUCTIONS, order }).sms).toContain(
    "HUF 1,999.00",
  );
});
