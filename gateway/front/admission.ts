import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { DescMethod } from "@bufbuild/protobuf";
import type { ContextValues } from "@connectrpc/connect";
import type { Access } from "../../gen/rowlock/auth/v1/access_pb.js";
import { type Authenticator, asPrincipal, type Principal } from "../../lib/rpc/index.ts";
import { accessOf, refuse } from "../../lib/rpc/interceptors/check-access.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import { visitOf } from "./visit.ts";

/** Where callers put their credentials. */
const credentials = ["authorization", "x-api-key", "rowlock-token", "cookie"] as const;

/**
 * Lets a call in, before its body is read: finds out who calls, whether the method is open to them, and whether
 * they have asked too often. Answers the context that names the caller to the services, and takes the credentials
 * out of the metadata, so that they go no further.
 * Errors: those of the authenticator and of the method's access option; RESOURCE_EXHAUSTED, reason RATE_LIMITED.
 */
export type Admit = (call: {
  request: IncomingMessage;
  method: DescMethod;
  metadata: Record<string, string>;
}) => Promise<ContextValues | undefined>;

export function createAdmission({
  authenticator,
  buyers,
  keys,
}: {
  authenticator: Authenticator;
  /** What one guest or customer may do. */
  buyers: RateLimiter;
  /** What one API key may do. */
  keys: RateLimiter;
}): Admit {
  const known = new Map<DescMethod, Access>();
  return async ({ request, method, metadata }) => {
    const visit = visitOf(request);
    const caller = await authenticator.authenticate(credentialsOf(request.headers));
    visit.caller = caller.kind;
    let needed = known.get(method);
    if (needed === undefined) known.set(method, (needed = accessOf(method)));
    const refusal = refuse(needed, caller, method);
    if (refusal !== undefined) throw refusal;
    if (caller.kind !== "none") await limiterOf(caller).take(`${caller.kind}:${caller.id}`, visit.headers);
    for (const name of credentials) if (metadata[name] !== undefined) delete metadata[name];
    return caller.kind === "none" ? undefined : asPrincipal(caller).contextValues;
  };

  function limiterOf({ kind }: Principal): RateLimiter {
    return kind === "staff" || kind === "service" ? keys : buyers;
  }
}

function credentialsOf(headers: IncomingHttpHeaders): Headers {
  const found = new Headers();
  for (const name of credentials) {
    const value = headers[name];
    if (typeof value === "string") found.set(name, value);
  }
  return found;
}
