import type { Log } from "../../lib/telemetry/log.ts";

/**
 * Runs a piece of work again and again, each run `ms` after the end of the one
 * before, until disposed of. A run that fails is logged and the next one tries
 * again. Timers do not keep the process alive.
 */
export function every(
  { ms, name, log }: { ms: number; name: string; log: Log },
  work: () => Promise<number>,
): Disposable {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const run = async () => {
    try {
      const count = await work();
      if (count > 0) log.debug({ name, count }, "swept");
    } catch (err) {
      log.warn({ err, name }, "sweep failed; the next one tries again");
    }
    if (!stopped) schedule();
  };
  const schedule = () => {
    timer = setTimeout(() => void run(), ms).unref();
  };
  schedule();
  return {
    [Symbol.dispose]: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
