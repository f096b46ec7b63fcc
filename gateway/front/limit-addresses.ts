import { networkOf } from "./client-address.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import type { Refuse } from "./refuse.ts";
import { type Layer, visitOf } from "./visit.ts";

/**
 * Bounds what one address can ask of the shop, whoever it says it is. Many buyers may share an address, so the
 * budget is large; what one buyer may do is for `createAdmission` to say. Not told to callers who keep to it: the
 * budget is not theirs alone.
 */
export function limitAddresses({ limiter, refuse }: { limiter: RateLimiter; refuse: Refuse }): Layer {
  return (next) => (request, response) => {
    const { address, headers } = visitOf(request);
    const told: string[] = [];
    const refused = (err: unknown) => {
      headers.push(...told);
      refuse(request, response, err);
    };
    let taking: void | Promise<void>;
    try {
      taking = limiter.take(networkOf(address), told);
    } catch (err) {
      return refused(err);
    }
    if (taking === undefined) next(request, response);
    else taking.then(() => next(request, response), refused);
  };
}
