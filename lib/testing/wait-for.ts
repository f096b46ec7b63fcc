import { setTimeout as delay } from "node:timers/promises";

/**
 * The first truthy value that `condition` gives, asked again every few milliseconds.
 * @throws when none came within `timeoutMs`; the cause is the last error that `condition` threw, if it did.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  {
    timeoutMs = 10_000,
    intervalMs = 10,
    what = "the condition",
  }: { timeoutMs?: number; intervalMs?: number; what?: string } = {},
): Promise<NonNullable<Exclude<T, false | 0 | "">>> {
  // Real time even when a test has faked the timers' clock.
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value as NonNullable<Exclude<T, false | 0 | "">>;
      cause = undefined;
    } catch (err) {
      cause = err;
    }
    if (performance.now() > deadline)
      throw new Error(`${what} did not come about within ${timeoutMs} ms`, { cause });
    await delay(intervalMs);
  }
}
