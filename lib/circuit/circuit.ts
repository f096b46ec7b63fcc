import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from "cockatiel";

/** The `code` of a CircuitOpen. */
export const circuitOpenCode = "ECIRCUITOPEN";

/** A call was not made: its provider did not answer those before it. */
export class CircuitOpen extends Error {
  override readonly name = "CircuitOpen";
  /** Beside the codes of failed connections: nothing was sent. */
  readonly code = circuitOpenCode;

  constructor(provider: string) {
    super(`${provider} is out of order and was not asked`);
  }
}

/**
 * Makes a call, unless its provider is out of order: then it fails at once with CircuitOpen.
 * `isOutage` says of an error whether the provider was out of order; it is an answer otherwise.
 */
export type Circuit = <T>(call: () => Promise<T>, isOutage: (err: unknown) => boolean) => Promise<T>;

/** Makes every call. */
export const closedCircuit: Circuit = (call) => call();

/** What a circuit does when its provider goes away, or comes back. */
export interface CircuitOptions {
  provider: string;
  /** Outages one after the other until no calls are made any more; default 5. */
  breakAfter?: number;
  /** Milliseconds until one call is let through to try; default 10,000. */
  restMs?: number;
  onChange?: (change: { provider: string; open: boolean }) => void;
}

/**
 * A circuit breaker for one provider (M. Nygard, "Release It!"): a provider that is away costs its callers a time-out
 * each, and whatever waits behind them. After `breakAfter` outages nobody asks it; after `restMs` one call tries, and
 * its outcome decides for all.
 */
export function createCircuit({
  provider,
  breakAfter = 5,
  restMs = 10_000,
  onChange,
}: CircuitOptions): Circuit {
  const policy = circuitBreaker(
    handleWhen((err) => err instanceof Outage),
    { halfOpenAfter: restMs, breaker: new ConsecutiveBreaker(breakAfter) },
  );
  let open = false;
  policy.onStateChange((state) => {
    // A try that fails is no news.
    if (state === CircuitState.HalfOpen || open === (state === CircuitState.Open)) return;
    open = !open;
    onChange?.({ provider, open });
  });
  return async <T>(call: () => Promise<T>, isOutage: (err: unknown) => boolean) => {
    // The policy has the others wait for the call that tries.
    if (policy.state === CircuitState.HalfOpen) throw new CircuitOpen(provider);
    const outcome = await policy
      .execute(() => outcomeOf(call, isOutage))
      .catch((err: unknown) => {
        if (err instanceof Outage) throw err.cause;
        throw err instanceof BrokenCircuitError ? new CircuitOpen(provider) : err;
      });
    if ("refusal" in outcome) throw outcome.refusal;
    return outcome.answer;
  };
}

/** A refusal is an outcome, too: the provider is there. */
async function outcomeOf<T>(
  call: () => Promise<T>,
  isOutage: (err: unknown) => boolean,
): Promise<{ answer: T } | { refusal: unknown }> {
  try {
    return { answer: await call() };
  } catch (err) {
    if (isOutage(err)) throw new Outage(err);
    return { refusal: err };
  }
}

/** What counts against the provider, as the policy sees it. */
class Outage extends Error {
  constructor(cause: unknown) {
    super("outage", { cause });
  }
}
