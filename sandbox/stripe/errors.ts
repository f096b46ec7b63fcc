import type { Intent, PaymentMethodRecord } from "./records.ts";

/** The fields of Stripe's `error` object; `intent` and `method` are rendered as full objects. */
export interface StripeErrorFields {
  type: "card_error" | "invalid_request_error" | "idempotency_error" | "api_error";
  message: string;
  code?: string;
  decline_code?: string;
  param?: string;
  charge?: string;
  intent?: Intent;
  method?: PaymentMethodRecord;
}

/**
 * An answer other than 200. `validation` marks a request that was refused before it was carried out: its
 * idempotency key stays free.
 */
export class StripeError extends Error {
  readonly status: number;
  readonly fields: StripeErrorFields;
  readonly validation: boolean;

  constructor(status: number, fields: StripeErrorFields, { validation = false } = {}) {
    super(fields.message);
    this.status = status;
    this.fields = fields;
    this.validation = validation;
  }
}

/** A parameter that cannot be accepted (400). */
export function invalidParam({
  message,
  code,
  param,
}: {
  message: string;
  code?: string;
  param?: string;
}): StripeError {
  return new StripeError(
    400,
    { type: "invalid_request_error", message, ...(code && { code }), ...(param && { param }) },
    { validation: true },
  );
}

/** A request that does not fit the object's state (400); the answer belongs to its idempotency key. */
export function refused({
  message,
  code,
  param,
  intent,
}: {
  message: string;
  code?: string;
  param?: string;
  intent?: Intent;
}): StripeError {
  return new StripeError(400, {
    type: "invalid_request_error",
    message,
    ...(code && { code }),
    ...(param && { param }),
    ...(intent && { intent }),
  });
}

/** An id that stands for nothing: 404 when it was in the path, 400 when it was the parameter `param`. */
export function missingObject({
  kind,
  id,
  param,
}: {
  kind: string;
  id: string;
  param?: string;
}): StripeError {
  const inPath = param === undefined || param === "id";
  return new StripeError(inPath ? 404 : 400, {
    type: "invalid_request_error",
    code: "resource_missing",
    message: `No such ${kind}: '${id}'`,
    param: inPath ? "id" : param,
  });
}
