import { hash } from "node:crypto";
import type { Store } from "../store/store.ts";
import { StripeError } from "./errors.ts";

/** The first answer to a key, as it is given to every later request with it. */
export interface SavedAnswer {
  status: number;
  body: string;
  requestId: string;
}

/** Stripe forgets keys after at least this long. */
const KEPT_MS = 24 * 3_600_000;

/** Remembers the answers to requests that carry an `Idempotency-Key` (docs.stripe.com/api/idempotent_requests). */
export interface Idempotency {
  /**
   * The saved answer of this key, or undefined when the request is to be carried out; then the key is held
   * until `release`. Throws when the key came with another request, or is held by one under way.
   */
  claim(request: KeyedRequest): SavedAnswer | undefined;
  save(request: KeyedRequest, answer: SavedAnswer): void;
  /** Changes the answer that the request `requestId` has saved; no other request's. */
  replace(of: { key: string; requestId: string }, answer: { status: number; body: string }): void;
  release(key: string): void;
}

export interface KeyedRequest {
  key: string;
  method: string;
  path: string;
  body: Buffer;
}

export function createIdempotency({ store, now }: { store: Store; now: () => number }): Idempotency {
  store.exec(`
    create table if not exists stripe_idempotency (
      key text not null unique,
      fingerprint text not null,
      status integer not null,
      body text not null,
      request_id text not null,
      created integer not null
    ) strict;
    create index if not exists stripe_idempotency_created on stripe_idempotency (created);
  `);
  store.prepare("delete from stripe_idempotency where created < ?").run(now() - KEPT_MS);
  const underWay = new Set<string>();

  return {
    claim(request) {
      const { key } = request;
      if (underWay.has(key)) {
        throw new StripeError(
          409,
          {
            type: "invalid_request_error",
            code: "idempotency_key_in_use",
            message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
          },
          { validation: true },
        );
      }
      const row = store
        .prepare(
          "select fingerprint, status, body, request_id, created from stripe_idempotency where key = ?",
        )
        .get(key);
      if (row && Number(row["created"]) >= now() - KEPT_MS) {
        if (row["fingerprint"] !== fingerprint(request)) {
          throw new StripeError(
            400,
            {
              type: "idempotency_error",
              message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
            },
            { validation: true },
          );
        }
        return {
          status: Number(row["status"]),
          body: String(row["body"]),
          requestId: String(row["request_id"]),
        };
      }
      underWay.add(key);
      return undefined;
    },
    save(request, answer) {
      store.open();
      store
        .prepare(
          `insert or replace into stripe_idempotency (key, fingerprint, status, body, request_id, created)
           values (?, ?, ?, ?, ?, ?)`,
        )
        .run(request.key, fingerprint(request), answer.status, answer.body, answer.requestId, now());
    },
    replace({ key, requestId }, { status, body }) {
      store.open();
      store
        .prepare("update stripe_idempotency set status = ?, body = ? where key = ? and request_id = ?")
        .run(status, body, key, requestId);
    },
    release(key) {
      underWay.delete(key);
    },
  };
}

function fingerprint({ method, path, body }: KeyedRequest): string {
  return hash("sha1", Buffer.concat([Buffer.from(`${method} ${path}\n`), body]));
}
