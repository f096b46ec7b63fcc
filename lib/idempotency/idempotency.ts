import { createHash } from "node:crypto";
import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Code, type HandlerContext } from "@connectrpc/connect";
import { type Queryable, sql } from "../db/index.ts";
import { defineReasons } from "../errors/reasons.ts";
import { callerOf } from "../rpc/index.ts";

/** The table that a schema whose RPCs use {@link once} must have; part of its first migration. */
export const idempotencyTable = `
create table idempotency (
  method text not null,
  caller text not null,
  key text not null,
  fingerprint bytea not null,
  response bytea,
  create_time timestamptz not null default now(),
  constraint idempotency_pkey primary key (method, caller, key)
);
create index idempotency_create_time on idempotency (create_time);
`;

/**
 * What {@link keyed} needs besides {@link idempotencyTable}: who runs the effect of a key that has no
 * answer yet, and until when that one counts as alive. For a migration of its own, after the table's.
 */
export const idempotencyLease = `
alter table idempotency
  add column owner uuid,
  add column lease_until timestamptz,
  add column attempts integer not null default 1;
`;

/** A mutating call with its key. */
export interface KeyedCall<I extends DescMessage, O extends DescMessage> {
  method: DescMethodUnary<I, O>;
  /** See {@link callerKey}. */
  caller: string;
  /** The request_id; empty: the call has no key, and its effect simply runs. */
  key: string;
  request: MessageShape<I>;
}

/** The refusals that come of a key. */
export const fail = defineReasons({
  REQUEST_ID_REUSED: {
    code: Code.AlreadyExists,
    message: "request_id {request_id} was used before with another request",
  },
});

/**
 * Runs `effect` once per caller and key, inside the transaction of the effect,
 * and answers every repetition with the first answer.
 *
 * The key's row goes in first: a concurrent duplicate waits on its unique
 * index until the first transaction ends, and then either finds the answer or,
 * when the first was rolled back, becomes the first itself. Without a key the
 * effect simply runs.
 *
 * @throws REQUEST_ID_REUSED when the key was used with another request.
 */
export async function once<I extends DescMessage, O extends DescMessage>(
  tx: Queryable,
  call: KeyedCall<I, O>,
  effect: () => Promise<MessageInitShape<O>>,
): Promise<MessageShape<O>> {
  const { method, caller, key } = call;
  if (key === "") return create(method.output, await effect());
  const name = methodName(method);
  const fingerprint = fingerprintOf(method.input, call.request);
  const claimed = await tx.query(sql`
    insert into idempotency (method, caller, key, fingerprint)
    values (${name}, ${caller}, ${key}, ${fingerprint})
    on conflict on constraint idempotency_pkey do nothing
    returning 1 as claimed`);
  if (claimed.length === 0) {
    const [first] = await tx.query<{ fingerprint: Uint8Array; response: Uint8Array }>(sql`
      select fingerprint, response from idempotency
      where method = ${name} and caller = ${caller} and key = ${key}`);
    if (first === undefined || Buffer.compare(first.fingerprint, fingerprint) !== 0) {
      throw fail("REQUEST_ID_REUSED", { request_id: key });
    }
    return fromBinary(method.output, first.response);
  }
  const response = create(method.output, await effect());
  await tx.query(sql`
    update idempotency set response = ${toBinary(method.output, response)}
    where method = ${name} and caller = ${caller} and key = ${key}`);
  return response;
}

/** The method as its keys are stored under: the same key on another method is another key. */
export function methodName(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

/** A digest of what a request asks for: all its fields but the key itself. */
export function fingerprintOf<D extends DescMessage>(desc: D, request: MessageShape<D>): Uint8Array {
  const asked = { ...request, requestId: "" };
  return createHash("sha256").update(toBinary(desc, asked)).digest();
}

/** The call that a handler was given, under its request's key; the signal is for `keyed`. */
export function keyedCall<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  request: MessageShape<I> & { requestId: string },
  ctx: HandlerContext,
): KeyedCall<I, O> & { signal: AbortSignal } {
  return { method, caller: callerKey(ctx), key: request.requestId, request, signal: ctx.signal };
}

/** Whose keys a call uses: one caller's keys never meet another's. */
export function callerKey(ctx: HandlerContext): string {
  const { kind, id } = callerOf(ctx);
  return `${kind}:${id}`;
}
