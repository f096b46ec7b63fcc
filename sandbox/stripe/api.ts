import type { FormObject } from "../http/form.ts";
import { parseForm } from "../http/form.ts";
import { json, type Reply, type SandboxRequest, type Vendor } from "../http/message.ts";
import { Router } from "../http/router.ts";
import { randomBase62 } from "../ids.ts";
import type { Deliveries } from "../webhooks/deliveries.ts";
import type { Endpoint, Route, StripeContext } from "./context.ts";
import { customerRoutes } from "./customers.ts";
import { disputeRoutes } from "./disputes.ts";
import { invalidParam, StripeError } from "./errors.ts";
import { eventRoutes } from "./events.ts";
import { expand } from "./expand.ts";
import { createIdempotency, type KeyedRequest } from "./idempotency.ts";
import { readParams } from "./params.ts";
import { paymentIntentRoutes } from "./payment-intents.ts";
import { paymentMethodRoutes } from "./payment-methods.ts";
import { refundRoutes } from "./refunds.ts";
import { API_VERSION, renderIntent } from "./render.ts";
import { renderPaymentMethod } from "./render-charge.ts";
import { isDeclined } from "./transitions.ts";

/** Stripe's API under /v1, but for the paths that are SendGrid's or nobody's. */
export function createStripeApi(ctx: StripeContext, deliveries: Deliveries): Vendor {
  const idempotency = createIdempotency({ store: ctx.store, now: () => ctx.now() });
  const router = new Router<Endpoint>();
  const balance: Route = { method: "GET", path: "/v1/balance", endpoint: readBalance };
  for (const route of [
    ...customerRoutes(ctx),
    ...paymentMethodRoutes(ctx),
    ...paymentIntentRoutes(ctx),
    ...refundRoutes(ctx),
    ...disputeRoutes(ctx),
    ...eventRoutes(ctx, deliveries),
    balance,
  ]) {
    router.add(route.method, route.path, route.endpoint);
  }

  function handle(request: SandboxRequest): Reply {
    const requestId = `req_${randomBase62(14)}`;
    let keyed: KeyedRequest | undefined;
    try {
      checkKey(request);
      const route = router.match(request.method, request.path);
      if (!route) {
        throw new StripeError(404, {
          type: "invalid_request_error",
          message: `Unrecognized request URL (${request.method}: ${request.path}). The sandbox does not have this endpoint.`,
        });
      }
      const params = readForm(request);
      const claimed = keyedRequest(request);
      if (claimed) {
        const saved = idempotency.claim(claimed);
        if (saved) {
          return reply(saved.status, saved.body, requestId, {
            "idempotent-replayed": "true",
            "original-request": saved.requestId,
            "idempotency-key": claimed.key,
          });
        }
        keyed = claimed;
      }
      const cause = { id: requestId, ...(keyed && { idempotency_key: keyed.key }) };
      const run = route.handler({ params, path: route.params, cause, request });
      return answer({ run, params, requestId, keyed });
    } catch (err) {
      if (keyed) idempotency.release(keyed.key);
      if (!(err instanceof StripeError)) throw err;
      return reply(err.status, errorBody(err, requestId), requestId);
    }
  }

  /** Carries the request out and saves its answer; the key is held until the answer has left. */
  function answer({
    run,
    params,
    requestId,
    keyed,
  }: {
    run: () => object;
    params: FormObject;
    requestId: string;
    keyed: KeyedRequest | undefined;
  }): Reply {
    const carryOut = (): { status: number; body: string } => {
      try {
        // A declined card is an answer, and what led to it stays recorded; any other refusal leaves nothing.
        const result = ctx.store.write(() => {
          try {
            const object = run();
            const paths = params["expand"];
            if (Array.isArray(paths)) {
              expand({ object, paths: paths as string[], records: ctx.records, links: ctx.links });
            }
            return object;
          } catch (err) {
            if (isDeclined(err)) return err;
            throw err;
          }
        });
        if (result instanceof StripeError)
          return { status: result.status, body: errorBody(result, requestId) };
        return { status: 200, body: JSON.stringify(result) };
      } catch (err) {
        if (err instanceof StripeError && !err.validation) {
          return { status: err.status, body: errorBody(err, requestId) };
        }
        throw err;
      }
    };
    if (!keyed) {
      const { status, body } = carryOut();
      return reply(status, body, requestId);
    }
    // Both in the same turn of the event loop, and so in the same transaction.
    const { status, body } = carryOut();
    idempotency.save(keyed, { status, body, requestId });
    return {
      ...reply(status, body, requestId, { "idempotency-key": keyed.key }),
      sent: () => idempotency.release(keyed.key),
    };
  }

  /** What answers a key is its first answer, also a 500 to a request that was carried out. */
  function spoil({ request, reply: lost }: { request: SandboxRequest; reply: Reply }, body: string): void {
    const key = request.headers["idempotency-key"];
    const requestId = lost.headers?.["request-id"];
    if (typeof key === "string" && requestId !== undefined) {
      idempotency.replace({ key, requestId }, { status: 500, body });
    }
  }

  function errorBody(err: StripeError, requestId: string): string {
    const { intent, method, code, ...fields } = err.fields;
    return JSON.stringify({
      error: {
        ...fields,
        ...(code && { code, doc_url: `https://docs.stripe.com/error-codes/${code.replaceAll("_", "-")}` }),
        ...(intent && { payment_intent: renderIntent(intent, ctx.links) }),
        ...(method && { payment_method: renderPaymentMethod(method) }),
        request_log_url: `${ctx.links.baseUrl()}/sandbox/payments?request=${requestId}`,
      },
    });
  }

  function reply(
    status: number,
    body: string,
    requestId: string,
    headers: Record<string, string> = {},
  ): Reply {
    return {
      status,
      body,
      headers: {
        "content-type": "application/json",
        "request-id": requestId,
        "stripe-version": API_VERSION,
        ...headers,
      },
    };
  }

  return {
    name: "stripe",
    maxBody: 1_000_000,
    owns: (path) => path.startsWith("/v1/"),
    handle,
    failures: {
      vendor: "stripe",
      internal(done) {
        const body = JSON.stringify({
          error: { type: "api_error", message: "An unknown error occurred; the sandbox was told to fail." },
        });
        if (done) spoil(done, body);
        return reply(500, body, `req_${randomBase62(14)}`);
      },
      rateLimited: () =>
        reply(
          429,
          JSON.stringify({
            error: {
              type: "invalid_request_error",
              code: "rate_limit",
              doc_url: "https://docs.stripe.com/error-codes/rate-limit",
              message: "Request rate limit exceeded; the sandbox was told to refuse.",
            },
          }),
          `req_${randomBase62(14)}`,
          { "stripe-rate-limited-reason": "global-rate" },
        ),
    },
    tooLarge: () =>
      json(413, { error: { type: "invalid_request_error", message: "The request body is too large." } }),
  };
}

function readBalance(call: Parameters<Endpoint>[0]) {
  readParams({ shape: {}, values: call.params });
  const funds = [{ amount: 0, currency: "usd", source_types: { card: 0 } }];
  return () => ({ object: "balance", available: funds, livemode: false, pending: funds });
}

function checkKey({ headers }: SandboxRequest): void {
  const value = headers.authorization ?? "";
  const basic = /^Basic (.+)$/i.exec(value)?.[1];
  const key = basic
    ? (Buffer.from(basic, "base64").toString().split(":")[0] ?? "")
    : (/^Bearer (.+)$/i.exec(value)?.[1] ?? "");
  if (/^(sk|rk)_test_\w+$/.test(key)) return;
  const message =
    key === ""
      ? "You did not provide an API key. Provide it in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
      : key.startsWith("pk_")
        ? "This API call cannot be made with a publishable API key. Please use a secret API key."
        : `Invalid API Key provided: ${key.slice(0, 8)}${"*".repeat(8)}. The sandbox accepts any key that begins with sk_test_.`;
  throw new StripeError(401, {
    type: "invalid_request_error",
    message,
    ...(key.startsWith("pk_") && { code: "secret_key_required" }),
  });
}

function readForm(request: SandboxRequest): FormObject {
  const type = request.headers["content-type"] ?? "";
  if (request.body.length > 0 && !type.startsWith("application/x-www-form-urlencoded")) {
    throw invalidParam({
      message: `Invalid request content type (${type}): requests are application/x-www-form-urlencoded.`,
    });
  }
  const form = parseForm(request.method === "POST" ? request.body.toString() : request.query);
  if (!form) throw invalidParam({ message: "Invalid request: the parameters cannot be read." });
  return form;
}

function keyedRequest({ method, path, body, headers }: SandboxRequest): KeyedRequest | undefined {
  const key = headers["idempotency-key"];
  if (method !== "POST" || typeof key !== "string" || key === "") return undefined;
  if (key.length > 255) {
    throw invalidParam({
      message: "Idempotency keys can have up to 255 characters.",
      param: "Idempotency-Key",
    });
  }
  return { key, method, path, body };
}
