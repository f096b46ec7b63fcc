import type { HandlerContext } from "@connectrpc/connect";
import { callerOf } from "../../lib/rpc/index.ts";
import { fail } from "./reasons.ts";

/** The customer who calls. Errors: ACCOUNT_REQUIRED when it is anybody else. */
export function customerOf(ctx: HandlerContext): string {
  const { kind, id } = callerOf(ctx);
  if (kind !== "customer") throw fail("ACCOUNT_REQUIRED", {});
  return id;
}
