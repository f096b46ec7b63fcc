import { Presets, SingleBar } from "cli-progress";

/** Where progress is shown: a stream that may be a terminal. */
export type ProgressStream = NodeJS.WritableStream & { isTTY?: boolean };

/** Shows how far a sale is. */
export interface Progress {
  /** Something new begins, told in a line. */
  say(line: string): void;
  start(buyers: number): void;
  advance(counts: { sold: number; refused: number }): void;
  stop(): void;
}

const lineEveryMs = 5_000;

/** A bar on a terminal; elsewhere a line every five seconds. */
export function createProgress(stream: ProgressStream, now: () => number = Date.now): Progress {
  return stream.isTTY === true ? barOn(stream) : linesOn(stream, now);
}

function barOn(stream: ProgressStream): Progress {
  let bar: SingleBar | undefined;
  const payload = { sold: 0, refused: 0 };
  return {
    // Takes the bar's line; the bar draws itself anew below.
    say: (line) => void stream.write(`${bar === undefined ? "" : "\r\u001b[K"}${line}\n`),
    start: (buyers) => {
      const format = "{bar} {value}/{total} buyers, {sold} sold, {refused} refused, {eta_formatted} left";
      bar = new SingleBar({ format, stream, hideCursor: true }, Presets.shades_classic);
      bar.start(buyers, 0, payload);
    },
    advance: (counts) => bar?.increment(counts),
    stop: () => {
      bar?.stop();
      bar = undefined;
    },
  };
}

function linesOn(stream: ProgressStream, now: () => number): Progress {
  let [done, total, told] = [0, 0, 0];
  return {
    say: (line) => void stream.write(`${line}\n`),
    start: (buyers) => {
      [done, total, told] = [0, buyers, now()];
    },
    advance: ({ sold, refused }) => {
      done++;
      if (now() - told < lineEveryMs && done < total) return;
      told = now();
      stream.write(`${done} of ${total} buyers, ${sold} sold, ${refused} refused\n`);
    },
    stop: () => undefined,
  };
}
