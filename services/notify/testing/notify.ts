import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, createClient } from "@connectrpc/connect";
import { pino } from "pino";
import {
  type NotifyOrderRequest,
  NotifyOrderRequestSchema,
  NotifyService,
  OrderEventKind,
  type OrderSummary,
  OrderSummarySchema,
} from "../../../gen/rowlock/notify/v1/notify_pb.js";
import type { Order } from "../../../gen/rowlock/order/v1/order_pb.js";
import type { Db } from "../../../lib/db/index.ts";
import { defineReasons } from "../../../lib/errors/reasons.ts";
import { createDirectTransport } from "../../../lib/rpc/index.ts";
import { outgoingPrincipalKey, type Principal } from "../../../lib/rpc/principal.ts";
import { as, testInterceptors } from "../../../lib/rpc/testing/interceptors.ts";
import { WaitingJobs } from "../../../lib/webhooks/testing/waiting-jobs.ts";
import { createNotifyService } from "../service.ts";
import { defaultParts, type Parts } from "../templates/defaults.ts";
import { orderTemplateOf, stockTemplateOf } from "../templates/events.ts";
import { render } from "../templates/render.ts";
import { type OrderNews, orderVariables, type StockNews, stockVariables } from "../templates/view.ts";
import type { WebhookSecrets } from "../webhooks.ts";
import { FakeEmailSender, FakeSmsSender } from "./fake-senders.ts";

/** What Order answers of an order that it does not have. */
const failInOrder = defineReasons({
  ORDER_NOT_FOUND: { code: Code.NotFound, message: "order {order_id} does not exist" },
});

const noSecrets: WebhookSecrets = { sendgridPublicKey: "", twilioAuthToken: "", publicUrl: "" };

/** The service over a database and fake providers, with a clock that the test moves and the lines that it logged. */
export function notifyUnderTest(
  db: Db,
  webhooks: WebhookSecrets = noSecrets,
  staffEmails: readonly string[] = [],
  language?: string,
  orderUrl?: string,
) {
  let now = new Date("2026-03-01T10:00:00.000Z");
  const logged: { level: number; msg: string }[] = [];
  const log = pino({ level: "trace" }, { write: (line: string) => logged.push(JSON.parse(line)) });
  const email = new FakeEmailSender();
  const sms = new FakeSmsSender();
  const jobs = new WaitingJobs();
  const orders = new Map<string, Order>();
  const ordersAsked: (Principal | undefined)[] = [];
  const { services, inbox } = createNotifyService({
    db,
    clock: () => now,
    log,
    email,
    sms,
    jobs: jobs.enqueuer,
    webhooks,
    staffEmails,
    orders: {
      getOrder: async ({ orderId = "" }, options) => {
        ordersAsked.push(options?.contextValues?.get(outgoingPrincipalKey));
        const found = orders.get(orderId);
        if (found === undefined) throw failInOrder("ORDER_NOT_FOUND", { order_id: orderId });
        return found;
      },
    },
    ...(orderUrl !== undefined && { orderUrl }),
    ...(language !== undefined && { language }),
  });
  const transport = createDirectTransport({ services, interceptors: testInterceptors });
  return {
    client: createClient(NotifyService, transport),
    email,
    sms,
    logged,
    /** What Order has, by id. */
    orders,
    /** In whose names Order was asked. */
    ordersAsked,
    /** Applies what is in the inbox; what that failed with. */
    work: () => jobs.work(inbox),
    waiting: () => jobs.size,
    now: () => now,
    later: (ms: number) => {
      now = new Date(now.getTime() + ms);
    },
  };
}

/** The callers: orders tell customers, staff write to them. */
export const order = as.service("order");
export const { staff } = as;

const usd = (amount: bigint) => ({ currencyCode: "USD", amount });

/** An order of two SKUs. */
export function orderSummary(fields: MessageInitShape<typeof OrderSummarySchema> = {}): OrderSummary {
  return create(OrderSummarySchema, {
    orderId: "ord_1",
    lines: [
      { title: "Linen Shirt, blue, M", quantity: 2n, total: usd(7980n) },
      { title: "Ceramic Mug", quantity: 1n, total: usd(1450n) },
    ],
    itemTotal: usd(9430n),
    shippingTotal: usd(590n),
    total: usd(10020n),
    shippingAddress: {
      name: "Ada Lovelace",
      line1: "965 Mission St",
      line2: "Apt 4",
      city: "San Francisco",
      state: "CA",
      postalCode: "94103",
      countryCode: "US",
    },
    ...(fields as object),
  });
}

/** An order that has its label. */
export function fulfilledOrder(): OrderSummary {
  return orderSummary({
    carrier: "USPS",
    trackingNumber: "92055",
    trackingUrl: "https://track.test/92055",
    labelUrl: "https://labels.test/t1.pdf",
  });
}

/** An order that waits for a transfer. */
export function orderToTransfer(): OrderSummary {
  return orderSummary({
    transfer: {
      bank: "BCA_VA",
      accountNumber: "8808123456789012",
      reference: "ORD-7K2M",
      deadline: timestampFromDate(new Date("2026-10-07T14:00:00Z")),
    },
  });
}

/** An order that waits for a transfer to an account at the payment provider. */
export function orderToTransferToProvider(): OrderSummary {
  return orderSummary({
    transfer: {
      bank: "BACS",
      accountNumber: "31510604",
      bankAccount: {
        ...{ holder: "Rowlock Ltd", bankName: "Barclays", number: "31510604", bic: "BARCGB22" },
        ...{ bankCode: "108800", branchCode: "027", accountType: "futsu", countryCode: "GB" },
      },
    },
  });
}

/** A request to tell that an order is fulfilled, by e-mail and text message. */
export function news(fields: Partial<NotifyOrderRequest> & { eventKey: string }): NotifyOrderRequest {
  return create(NotifyOrderRequestSchema, {
    kind: OrderEventKind.FULFILLED,
    contact: { email: "ada@example.com", phone: "+14155550123" },
    order: fulfilledOrder(),
    ...(fields as object),
  });
}

/** What the customer of an order is told, in Rowlock's own words. */
export function sayOrder({
  shopName = "Rowlock",
  kind,
  order,
  language = "en",
}: OrderNews & { shopName?: string; language?: string }): Parts {
  const parts = defaultParts(orderTemplateOf(kind), language);
  if (parts === undefined) throw new Error(`there are no words in ${language}`);
  return render(parts, orderVariables({ kind, order }, { shopName, locale: language }));
}

/** What somebody is told of stock, in Rowlock's own words. */
export function sayStock(news: StockNews): Parts {
  const parts = defaultParts(stockTemplateOf(news.kind), "en");
  if (parts === undefined) throw new Error("there are no words in English");
  return render(parts, stockVariables(news, { shopName: "Rowlock", locale: "en" }));
}
