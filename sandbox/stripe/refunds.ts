import { book } from "./bank-transfer.ts";
import { type Call, type Cause, customerOf, newId, type Route, type StripeContext } from "./context.ts";
import { disputesOf, hasTheMoney } from "./dispute.ts";
import { invalidParam, missingObject, refused } from "./errors.ts";
import { listPage } from "./listing.ts";
import {
  amount,
  createdRange,
  currency,
  flag,
  ignored,
  list,
  mergeMetadata,
  metadata,
  oneOf,
  paging,
  readParams,
  text,
} from "./params.ts";
import type { ChargeRecord, RefundRecord } from "./records.ts";
import { renderCharge, renderRefund } from "./render-charge.ts";

export function refundRoutes(ctx: StripeContext): Route[] {
  const { charges, refunds, intents } = ctx.records;
  return [
    { method: "POST", path: "/v1/refunds", endpoint: create },
    { method: "GET", path: "/v1/refunds", endpoint: listRefunds },
    { method: "GET", path: "/v1/refunds/:id", endpoint: retrieve },
    { method: "POST", path: "/v1/refunds/:id", endpoint: update },
    { method: "GET", path: "/v1/charges", endpoint: listCharges },
    { method: "GET", path: "/v1/charges/:id", endpoint: retrieveCharge },
  ];

  function create({ params, cause }: Call) {
    const input = readParams({
      shape: {
        payment_intent: text(),
        charge: text(),
        amount,
        reason: oneOf(["duplicate", "fraudulent", "requested_by_customer"]),
        metadata,
        instructions_email: ignored,
        origin: oneOf(["customer_balance"]),
        customer: text(),
        currency,
        refund_application_fee: flag,
        reverse_transfer: flag,
        expand: list(text()),
      },
      values: params,
    });
    if (input.origin !== undefined) return () => refundBalance(input, cause);
    if (input.payment_intent === undefined && input.charge === undefined) {
      throw invalidParam({
        message: "One of the following params should be provided for this request: payment_intent or charge.",
        code: "parameter_missing",
      });
    }
    return () => {
      const charge = chargeToRefund(input);
      const left = charge.amount - charge.amount_refunded;
      if (left === 0) {
        throw refused({
          message: `Charge ${charge.id} has already been refunded.`,
          code: "charge_already_refunded",
        });
      }
      const refunded = input.amount ?? left;
      if (refunded > left) {
        throw refused({
          message: `Refund amount (${refunded}) is greater than unrefunded amount on charge (${left}).`,
          param: "amount",
        });
      }
      const refund = refunds.insert({
        id: newId("re"),
        created: ctx.now(),
        metadata: mergeMetadata({}, input.metadata ?? {}),
        amount: refunded,
        currency: charge.currency,
        charge: charge.id,
        intent: charge.intent,
        type: charge.type,
        status: "succeeded",
        ...(input.reason && { reason: input.reason }),
      });
      const reduced = charges.put({ ...charge, amount_refunded: charge.amount_refunded + refunded });
      ctx.emit({ type: "refund.created", object: { kind: "refund", record: refund }, cause });
      ctx.emit({ type: "charge.refunded", object: { kind: "charge", record: reduced }, cause });
      return renderRefund(refund);
    };
  }

  /** Money of a customer's cash balance goes back to the bank account that it came from. */
  function refundBalance(
    input: {
      customer?: string;
      currency?: string;
      amount?: number;
      reason?: RefundRecord["reason"];
      metadata?: Record<string, string>;
    },
    cause: Cause,
  ) {
    for (const param of ["customer", "currency", "amount"] as const) {
      if (input[param] === undefined) {
        throw invalidParam({
          message: `Missing required param: ${param}.`,
          code: "parameter_missing",
          param,
        });
      }
    }
    const { currency = "", amount: asked = 0 } = input;
    const customer = customerOf(ctx, { id: input.customer ?? "", param: "customer" });
    const left = customer.cash[currency] ?? 0;
    if (asked > left) {
      throw refused({
        message: `Refund amount (${asked}) is greater than the customer's cash balance (${left}).`,
        param: "amount",
      });
    }
    book(ctx, { customer, currency, amount: -asked, entry: { type: "return_initiated" }, cause });
    const refund = refunds.insert({
      id: newId("re"),
      created: ctx.now(),
      metadata: mergeMetadata({}, input.metadata ?? {}),
      ...{ amount: asked, currency, type: "customer_balance", status: "succeeded" },
      ...(input.reason && { reason: input.reason }),
    });
    ctx.emit({ type: "refund.created", object: { kind: "refund", record: refund }, cause });
    return renderRefund(refund);
  }

  function chargeToRefund(input: { payment_intent?: string; charge?: string }): ChargeRecord {
    if (input.charge !== undefined) {
      const charge = chargeOf(input.charge, "charge");
      if (input.payment_intent !== undefined && charge.intent !== input.payment_intent) {
        throw refused({
          message: `Charge ${charge.id} does not belong to PaymentIntent ${input.payment_intent}.`,
          param: "charge",
        });
      }
      return refundable(charge);
    }
    const id = input.payment_intent ?? "";
    const intent = intents.get(id);
    if (!intent) throw missingObject({ kind: "payment_intent", id, param: "payment_intent" });
    const charge = charges.get(intent.latest_charge ?? "");
    if (!charge || charge.status !== "succeeded") {
      throw refused({
        message: `This PaymentIntent (${id}) does not have a successful charge to refund.`,
        param: "payment_intent",
      });
    }
    return refundable(charge);
  }

  function refundable(charge: ChargeRecord): ChargeRecord {
    if (charge.disputed && disputesOf(ctx, charge.id).some(hasTheMoney)) {
      throw refused({
        message: `Charge ${charge.id} has been charged back; cannot issue a refund.`,
        code: "charge_disputed",
      });
    }
    if (charge.status === "succeeded" && charge.captured) return charge;
    throw refused({
      message: `Charge ${charge.id} has not been captured and cannot be refunded. Cancel its PaymentIntent instead.`,
      code: "charge_not_refundable",
    });
  }

  function retrieve({ params, path }: Call) {
    readParams({ shape: { expand: list(text()) }, values: params });
    return () => renderRefund(refundOf(path));
  }

  function update({ params, path, cause }: Call) {
    const input = readParams({ shape: { metadata, expand: list(text()) }, values: params });
    return () => {
      const refund = refundOf(path);
      const changed = refunds.put({
        ...refund,
        metadata: mergeMetadata(refund.metadata, input.metadata ?? {}),
      });
      ctx.emit({ type: "refund.updated", object: { kind: "refund", record: changed }, cause });
      return renderRefund(changed);
    };
  }

  function listRefunds({ params }: Call) {
    const input = readParams({
      shape: { ...paging, payment_intent: text(), charge: text(), created: createdRange },
      values: params,
    });
    return () =>
      listPage({
        collection: refunds,
        kind: "refund",
        url: "/v1/refunds",
        where: {
          ...(input.payment_intent && { intent: input.payment_intent }),
          ...(input.charge && { charge: input.charge }),
        },
        params: input,
        render: renderRefund,
      });
  }

  function retrieveCharge({ params, path }: Call) {
    readParams({ shape: { expand: list(text()) }, values: params });
    return () => renderCharge(chargeOf(path["id"] ?? "", "id"));
  }

  function listCharges({ params }: Call) {
    const input = readParams({
      shape: { ...paging, payment_intent: text(), customer: text(), created: createdRange },
      values: params,
    });
    return () =>
      listPage({
        collection: charges,
        kind: "charge",
        url: "/v1/charges",
        where: {
          ...(input.payment_intent && { intent: input.payment_intent }),
          ...(input.customer && { customer: input.customer }),
        },
        params: input,
        render: renderCharge,
      });
  }

  function chargeOf(id: string, param: string): ChargeRecord {
    const charge = charges.get(id);
    if (!charge) throw missingObject({ kind: "charge", id, param });
    return charge;
  }

  function refundOf(path: Record<string, string>): RefundRecord {
    const id = path["id"] ?? "";
    const refund = refunds.get(id);
    if (!refund) throw missingObject({ kind: "refund", id });
    return refund;
  }
}
