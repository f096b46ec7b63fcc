import type { FormObject } from "../http/form.ts";
import type { SandboxRequest } from "../http/message.ts";
import { timedBase62 } from "../ids.ts";
import type { Store } from "../store/store.ts";
import { missingObject } from "./errors.ts";
import type { CustomerRecord, Records, Snapshot } from "./records.ts";
import type { Links } from "./render.ts";

/** What every endpoint of the Stripe API works with. */
export interface StripeContext {
  readonly store: Store;
  readonly records: Records;
  readonly links: Links;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Records an event and queues its webhooks. `cause` is the API request that led to it. */
  emit(event: { type: string; object: Snapshot; cause?: Cause }): void;
}

export interface Cause {
  id: string;
  idempotency_key?: string;
}

export interface Call {
  readonly params: FormObject;
  readonly path: Record<string, string>;
  readonly cause: Cause;
  readonly request: SandboxRequest;
}

/**
 * An endpoint in two steps: `read` checks the parameters (a refusal leaves the idempotency key free), the
 * function it returns carries the request out and gives the object to answer with.
 */
export type Endpoint = (call: Call) => () => object;

export interface Route {
  method: "GET" | "POST" | "DELETE";
  path: string;
  endpoint: Endpoint;
}

export function newId(prefix: string): string {
  return `${prefix}_${timedBase62(24)}`;
}

/** The living customer of this id; `param` is the parameter that named it. */
export function customerOf(ctx: StripeContext, { id, param }: { id: string; param: string }): CustomerRecord {
  const customer = ctx.records.customers.get(id);
  if (!customer || customer.deleted) throw missingObject({ kind: "customer", id, param });
  return customer;
}
