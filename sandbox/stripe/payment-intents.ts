import { randomBase62, timedBase62 } from "../ids.ts";
import { type Call, customerOf, type Route, type StripeContext } from "./context.ts";
import { missingObject, refused } from "./errors.ts";
import {
  checkChoice,
  checkMinimum,
  chosenMethod,
  confirmShape,
  createShape,
  intentChanges,
  updateShape,
} from "./intent-params.ts";
import { listPage } from "./listing.ts";
import {
  amount,
  createdRange,
  flag,
  ignored,
  integer,
  list,
  mergeMetadata,
  metadata,
  oneOf,
  paging,
  readParams,
  text,
} from "./params.ts";
import type { Intent } from "./records.ts";
import { renderIntent } from "./render.ts";
import { cancelIntent, captureIntent, confirmIntent } from "./transitions.ts";

const OPEN: readonly Intent["status"][] = [
  "requires_payment_method",
  "requires_confirmation",
  "requires_action",
];

export function paymentIntentRoutes(ctx: StripeContext): Route[] {
  const { intents } = ctx.records;
  const one = "/v1/payment_intents/:id";
  return [
    { method: "POST", path: "/v1/payment_intents", endpoint: create },
    { method: "GET", path: "/v1/payment_intents", endpoint: listIntents },
    { method: "GET", path: one, endpoint: retrieve },
    { method: "POST", path: one, endpoint: update },
    { method: "POST", path: `${one}/confirm`, endpoint: confirm },
    { method: "POST", path: `${one}/capture`, endpoint: capture },
    { method: "POST", path: `${one}/cancel`, endpoint: cancel },
  ];

  function create({ params, cause }: Call) {
    const input = readParams({ shape: createShape, required: ["amount", "currency"], values: params });
    checkMinimum(input);
    checkChoice(input);
    return () => {
      if (input.customer) customerOf(ctx, { id: input.customer, param: "customer" });
      const automatic = input.automatic_payment_methods;
      const draft: Intent = {
        id: `pi_3${timedBase62(23)}`,
        created: ctx.now(),
        metadata: mergeMetadata({}, input.metadata ?? {}),
        amount: input.amount ?? 0,
        currency: input.currency ?? "",
        status: "requires_payment_method",
        secret: randomBase62(25),
        amount_capturable: 0,
        amount_received: 0,
        capture_method: "automatic_async",
        confirmation_method: input.confirmation_method ?? "automatic",
        ...(!input.allowed_payment_method_types &&
          automatic?.enabled !== false && {
            automatic: { allow_redirects: automatic?.allow_redirects ?? "always" },
          }),
        ...intentChanges(input),
      };
      const method = chosenMethod(ctx, { input, intent: draft });
      const intent: Intent = method
        ? { ...draft, payment_method: method.id, status: "requires_confirmation" }
        : draft;
      ctx.emit({ type: "payment_intent.created", object: { kind: "payment_intent", record: intent }, cause });
      if (!input.confirm) {
        if (method) ctx.records.methods.put(method);
        return renderIntent(intents.insert(intent), ctx.links);
      }
      const confirmed = confirmIntent(ctx, {
        intent,
        method,
        returnUrl: input.return_url,
        offSession: input.off_session ?? false,
        errorOnAction: input.error_on_requires_action ?? false,
        cause,
      });
      return renderIntent(confirmed, ctx.links);
    };
  }

  function retrieve({ params, path }: Call) {
    readParams({ shape: { client_secret: text(), expand: list(text()) }, values: params });
    return () => renderIntent(intentOf(path), ctx.links);
  }

  function update({ params, path }: Call) {
    const input = readParams({ shape: updateShape, values: params });
    return () => {
      const intent = intentOf(path);
      checkMinimum({ ...intent, ...input });
      const { metadata: change, description: _, expand: __, ...rest } = input;
      if (!OPEN.includes(intent.status) && Object.keys(rest).length > 0) {
        throw refused({
          message: `This PaymentIntent's ${Object.keys(rest)[0]} could not be updated because it has a status of ${intent.status}. You may only update this parameter of a PaymentIntent with one of the following statuses: ${OPEN.join(", ")}.`,
          code: "payment_intent_unexpected_state",
          intent,
        });
      }
      if (input.customer) customerOf(ctx, { id: input.customer, param: "customer" });
      const changed = {
        ...intent,
        ...intentChanges(input),
        metadata: mergeMetadata(intent.metadata, change ?? {}),
      };
      const named = input.payment_method !== undefined || input.payment_method_data !== undefined;
      const method = named ? chosenMethod(ctx, { input, intent }) : undefined;
      if (!method) return renderIntent(intents.put(changed), ctx.links);
      ctx.records.methods.put(method);
      const { next_action: ___, ...open } = changed;
      return renderIntent(
        intents.put({ ...open, payment_method: method.id, status: "requires_confirmation" }),
        ctx.links,
      );
    };
  }

  function confirm({ params, path, cause }: Call) {
    const input = readParams({ shape: confirmShape, values: params });
    return () => {
      const intent = { ...intentOf(path), ...intentChanges(input) };
      const confirmed = confirmIntent(ctx, {
        intent,
        method: OPEN.includes(intent.status) ? chosenMethod(ctx, { input, intent }) : undefined,
        returnUrl: input.return_url,
        offSession: input.off_session ?? false,
        errorOnAction: input.error_on_requires_action ?? false,
        cause,
      });
      return renderIntent(confirmed, ctx.links);
    };
  }

  function capture({ params, path, cause }: Call) {
    const input = readParams({
      shape: {
        amount_to_capture: amount,
        final_capture: flag,
        metadata,
        application_fee_amount: integer(),
        statement_descriptor: text({ max: 22 }),
        statement_descriptor_suffix: text({ max: 22 }),
        transfer_data: ignored,
        expand: list(text()),
      },
      values: params,
    });
    return () => {
      const found = intentOf(path);
      if (input.final_capture === false) {
        throw refused({
          message: "Multicapture is not available for this PaymentIntent; final_capture cannot be false.",
          param: "final_capture",
          intent: found,
        });
      }
      const intent = { ...found, metadata: mergeMetadata(found.metadata, input.metadata ?? {}) };
      return renderIntent(captureIntent(ctx, { intent, amount: input.amount_to_capture, cause }), ctx.links);
    };
  }

  function cancel({ params, path, cause }: Call) {
    const input = readParams({
      shape: {
        cancellation_reason: oneOf(["duplicate", "fraudulent", "requested_by_customer", "abandoned"]),
        expand: list(text()),
      },
      values: params,
    });
    return () =>
      renderIntent(
        cancelIntent(ctx, { intent: intentOf(path), reason: input.cancellation_reason, cause }),
        ctx.links,
      );
  }

  function listIntents({ params }: Call) {
    const input = readParams({
      shape: { ...paging, customer: text(), created: createdRange },
      values: params,
    });
    return () =>
      listPage({
        collection: intents,
        kind: "payment_intent",
        url: "/v1/payment_intents",
        where: input.customer ? { customer: input.customer } : {},
        params: input,
        render: (intent) => renderIntent(intent, ctx.links),
      });
  }

  function intentOf(path: Record<string, string>): Intent {
    const id = path["id"] ?? "";
    const intent = intents.get(id);
    if (!intent) throw missingObject({ kind: "payment_intent", id });
    return intent;
  }
}
