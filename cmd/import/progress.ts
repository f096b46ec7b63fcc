import { Presets, SingleBar } from "cli-progress";

/** Shows how far an import is. */
export interface Progress {
  start(total: number): void;
  advance(): void;
  stop(): void;
}

/** Where progress is shown: a stream that may be a terminal. */
export type ProgressStream = NodeJS.WritableStream & { isTTY?: boolean };

/** A bar on a terminal; elsewhere one line at the start, so that logs stay short. */
export function createProgress(stream: ProgressStream): Progress {
  if (stream.isTTY !== true) {
    return {
      start: (total) => void stream.write(`importing ${total} products\n`),
      advance: () => undefined,
      stop: () => undefined,
    };
  }
  const bar = new SingleBar(
    { format: "{bar} {value}/{total} products, {eta_formatted} left", stream, hideCursor: true },
    Presets.shades_classic,
  );
  return {
    start: (total) => bar.start(total, 0),
    advance: () => bar.increment(),
    stop: () => bar.stop(),
  };
}
