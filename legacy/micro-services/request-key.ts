import type { HandlerContext } from "@connectrpc/connect";
import { callerKey } from "../../lib/idempotency/idempotency.ts";
import { sha256Hex } from "../../lib/ids/ids.ts";

/**
 * The idempotency key of a call that the facade makes in its own name, of the key that its client sent; empty without
 * one. All its clients are one caller to the services: `scope`, what the call is about, keeps their keys apart.
 */
export function requestKey(key: string, ...scope: readonly string[]): string {
  return key === "" ? "" : sha256Hex(JSON.stringify(["micro-services", key, ...scope]));
}

/** The idempotency key of a call that is staff's business, apart from other staff's. */
export function staffKey(key: string, ctx: HandlerContext, ...scope: readonly string[]): string {
  return requestKey(key, callerKey(ctx), ...scope);
}
