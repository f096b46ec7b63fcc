import { createHmac } from "node:crypto";
import type { Deliveries, Sender } from "../webhooks/deliveries.ts";
import type { Tell } from "../webhooks/targets.ts";
import { type Call, newId, type Route, type StripeContext } from "./context.ts";
import { missingObject } from "./errors.ts";
import { listPage } from "./listing.ts";
import { createdRange, flag, list, paging, readParams, text } from "./params.ts";
import type { EventRecord, Records } from "./records.ts";
import { type Links, renderEvent } from "./render.ts";

export function eventRoutes(ctx: StripeContext, deliveries: Deliveries): Route[] {
  const { events } = ctx.records;
  const render = (event: EventRecord) =>
    renderEvent(event, { links: ctx.links, pending: deliveries.pending({ subject: event.id }) });
  return [
    { method: "GET", path: "/v1/events", endpoint: listEvents },
    { method: "GET", path: "/v1/events/:id", endpoint: retrieve },
  ];

  function retrieve({ params, path }: Call) {
    readParams({ shape: { expand: list(text()) }, values: params });
    return () => {
      const id = path["id"] ?? "";
      const event = events.get(id);
      if (!event) throw missingObject({ kind: "event", id });
      return render(event);
    };
  }

  function listEvents({ params }: Call) {
    const input = readParams({
      shape: {
        ...paging,
        type: text(),
        types: list(text({ max: 100 })),
        created: createdRange,
        delivery_success: flag,
      },
      values: params,
    });
    return () =>
      listPage({
        collection: events,
        kind: "event",
        url: "/v1/events",
        where: { type: input.types ?? input.type },
        params: input,
        render,
      });
  }
}

/** Makes the function that records an event and tells the shop of it. */
export function createEmitter({
  records,
  tell,
  now,
}: {
  records: Records;
  tell: Tell;
  now: () => number;
}): StripeContext["emit"] {
  return ({ type, object, cause }) => {
    const event = records.events.insert({
      id: newId("evt"),
      created: now(),
      type,
      object,
      ...(cause && { request: cause }),
    });
    tell({ vendor: "stripe", subject: event.id, type });
  };
}

/** Bodies and signatures of Stripe's webhooks, made anew for each attempt, since a signature ages in 300 s. */
export function stripeSender({
  records,
  links,
  secret,
  now,
}: {
  records: Records;
  links: Links;
  secret: string;
  now: () => number;
}): Sender {
  return ({ subject }) => {
    const event = records.events.get(subject);
    if (!event) return undefined;
    const body = JSON.stringify(renderEvent(event, { links, pending: 1 }), null, 2);
    return {
      body,
      headers: {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "stripe-signature": signature({ body, secret, second: Math.floor(now() / 1000) }),
      },
    };
  };
}

/** Stripe's scheme: HMAC-SHA256 over `<seconds>.<body>` (docs.stripe.com/webhooks#verify-manually). */
export function signature({
  body,
  secret,
  second,
}: {
  body: string;
  secret: string;
  second: number;
}): string {
  const digest = createHmac("sha256", secret).update(`${second}.${body}`).digest("hex");
  return `t=${second},v1=${digest}`;
}
