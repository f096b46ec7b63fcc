import type { Interceptor } from "@connectrpc/connect";
import type { Authenticator } from "../authenticator.ts";
import { callStateOf } from "../call-state.ts";
import { nobody } from "../principal.ts";

/** Finds out who calls, unless the host already vouches for it. */
export function authenticate(authenticator: Authenticator): Interceptor {
  return (next) => (req) => {
    const state = callStateOf(req.contextValues);
    if (state.principal !== undefined) {
      return next(req);
    }
    if (state.bare) {
      state.principal = nobody;
      return next(req);
    }
    try {
      const principal = authenticator.authenticate(req.header);
      if (!(principal instanceof Promise)) {
        state.principal = principal;
        return next(req);
      }
      return principal.then((found) => {
        state.principal = found;
        return next(req);
      });
    } catch (err) {
      return Promise.reject(err);
    }
  };
}
