import { parseArgs } from "node:util";

/** What a flash sale was started with. */
export interface FlashOptions {
  buyers: number;
  /** Units of each SKU. */
  units: number;
  skus: number;
  /** Replicas of every service; 1 without faults: one process with everything. */
  processes: number;
  faults: boolean;
  /** How long the faults last, and the buyers' arrivals are spread over; 0 without faults: all come at once. */
  seconds: number;
  seed: number;
  inFlight: number;
  /** Whether the temporary folder stays. */
  keep: boolean;
  verbose: boolean;
}

/** There is no sale: the command was called wrongly (exit code 2), or for its help (0). The message is for the user. */
export class FlashRefused extends Error {
  override readonly name = "FlashRefused";
  readonly exitCode: 0 | 2;
  constructor(message: string, exitCode: 0 | 2 = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Ordinary sale, and the one under fire. */
const calm = { buyers: 20_000, units: 1_000, skus: 1, processes: 1, seconds: 0, "in-flight": 64 };
const underFire = { buyers: 2_000, units: 500, skus: 3, processes: 3, seconds: 120, "in-flight": 32 };

export const usage = `Usage: npm run flash -- [options]

Sells a few units to many buyers at once, over REST, in a shop of its own (temporary folder,
embedded Postgres with fsync, sandbox), then checks from outside that nothing was oversold,
charged without goods, lost, doubled or left behind.

  --buyers N      buyers (${calm.buyers}; with --faults ${underFire.buyers})
  --units N       units of each SKU (${calm.units}; with --faults ${underFire.units})
  --skus N        SKUs; carts hold 1 to 3 of them in any order (${calm.skus}; with --faults ${underFire.skus})
  --in-flight N   buyers in the shop at the same time (${calm["in-flight"]}; with --faults ${underFire["in-flight"]})
  --processes N   replicas of every service, each in a process of its own, beside a gateway, the
                  sandbox and Postgres (with --faults ${underFire.processes}); 1 without faults: one process with everything
  --faults        kill services and Postgres, break the sandbox and its webhooks, at random moments
  --seconds N     how long (${underFire.seconds}); the buyers' arrivals are spread over it
  --seed N        repeats buyers and faults (drawn and printed when not given)
  --keep          keep the temporary folder with logs and data
  --verbose       print the schedule of faults and each fault as it happens

Exit code: 0 all is well, 1 a check failed or the shop did not come to rest, 2 wrong usage.`;

/** @throws FlashRefused when the arguments make no sale, or ask for help. */
export function readOptions(args: readonly string[], drawSeed: () => number): FlashOptions {
  const values = parse(args);
  if (values.help) throw new FlashRefused(usage, 0);
  const faults = values.faults ?? false;
  const defaults = faults ? underFire : calm;
  const number = (name: keyof typeof calm | "seed", otherwise: number, [min, max]: [number, number]) => {
    const text = values[name];
    if (text === undefined) return otherwise;
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new FlashRefused(`--${name} must be a whole number from ${min} to ${max}`);
  };
  if (!faults && values.seconds !== undefined) throw new FlashRefused("--seconds goes with --faults");
  return {
    faults,
    buyers: number("buyers", defaults.buyers, [1, 1_000_000]),
    units: number("units", defaults.units, [1, 1_000_000]),
    skus: number("skus", defaults.skus, [1, 100]),
    processes: number("processes", defaults.processes, [1, 8]),
    seconds: number("seconds", defaults.seconds, [1, 3_600]),
    seed: number("seed", drawSeed(), [0, 2 ** 32 - 1]),
    inFlight: number("in-flight", defaults["in-flight"], [1, 1_000]),
    keep: values.keep ?? false,
    verbose: values.verbose ?? false,
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        buyers: text,
        units: text,
        skus: text,
        processes: text,
        seconds: text,
        seed: text,
        "in-flight": text,
        faults: flag,
        keep: flag,
        verbose: flag,
        help: { ...flag, short: "h" },
      },
    }).values;
  } catch (err) {
    throw new FlashRefused(`${(err as Error).message}\n\n${usage}`);
  }
}
