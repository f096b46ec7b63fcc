import type { IncomingMessage } from "node:http";
import type { DescMethod } from "@bufbuild/protobuf";
import type { ContextValues } from "@connectrpc/connect";
import type { Access } from "../../gen/rowlock/auth/v1/access_pb.js";
import { type Authenticator, asPrincipal, type Principal, principalHeader } from "../../lib/rpc/index.ts";
import { accessOf, refuse } from "../../lib/rpc/interceptors/check-access.ts";
import { BadInput } from "../transcoder/bad-input.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import { visitOf } from "./visit.ts";

interface PendingCall {
  request: IncomingMessage;
  method: DescMethod;
}

/**
 * Lets a call in, before its body is read: finds out who calls, whether the method is open to them, and whether
 * they have asked too often. Answers the context that names the caller to the services, so that the credentials
 * need go no further; at once when nobody has to be asked.
 * Errors: those of the authenticator and of the method's access option; RESOURCE_EXHAUSTED, reason RATE_LIMITED.
 */
export type Admit = (call: PendingCall) => ContextValues | undefined | Promise<ContextValues | undefined>;

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
  return (call) => {
    const caller = authenticator.authenticate(credentialsOf(call.request));
    return caller instanceof Promise ? caller.then((found) => admit(call, found)) : admit(call, caller);
  };

  function admit({ request, method }: PendingCall, caller: Principal): ReturnType<Admit> {
    const visit = visitOf(request);
    visit.caller = caller.kind;
    let needed = known.get(method);
    if (needed === undefined) {
      needed = accessOf(method);
      known.set(method, needed);
    }
    const refusal = refuse(needed, caller, method);
    if (refusal !== undefined) throw refusal;
    if (caller.kind === "none") return undefined;
    const { contextValues } = asPrincipal(caller);
    const taking = limiterOf(caller).take(`${caller.kind}:${caller.id}`, visit.headers);
    return taking === undefined ? contextValues : taking.then(() => contextValues);
  }

  function limiterOf({ kind }: Principal): RateLimiter {
    return kind === "staff" || kind === "service" ? keys : buyers;
  }
}

/**
 * The headers of a request, but for the principal that only processes of the shop may assert.
 * Throws BadInput for characters that no credential of ours has,.
 */
function credentialsOf({ headers }: IncomingMessage): Pick<Headers, "get"> {
  return {
    get: (name) => {
      const value = name === principalHeader ? undefined : headers[name];
      if (typeof value !== "string") return null;
      if (name !== "cookie" && !/^[\x20-\x7e]*$/.test(value)) {
        throw new BadInput("has characters other than printable ASCII", name);
      }
      return value;
    },
  };
}
