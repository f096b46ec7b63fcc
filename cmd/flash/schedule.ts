import { createRandom, type Random } from "./random.ts";

/** Something that goes wrong, at its time in milliseconds from the start of the faults, for `forMs`. */
export type Fault = { atMs: number; forMs: number } & (
  | {
      /** SIGKILL; the process starts again after `forMs`. */
      kind: "kill";
      /** A replica such as `order-2`. */
      target: string;
    }
  | {
      /** SIGKILL of the postmaster; it starts on the same data after `forMs`. */
      kind: "kill-postgres";
      target: "postgres";
    }
  | {
      /** The sandbox misbehaves. */
      kind: "sandbox";
      target: SandboxFault;
    }
);

/** How the sandbox can misbehave; `sandbox-faults.ts` says what each means. */
export const sandboxFaults = [
  "errors",
  "timeouts",
  "drops",
  "rate limits",
  "latency",
  "doubled webhooks",
  "reordered webhooks",
] as const;

export type SandboxFault = (typeof sandboxFaults)[number];

/**
 * What goes wrong and when, in order of time: the same for the same seed, length and replicas. Each kind of replica
 * is killed before one is killed again, and so is each way of the sandbox to misbehave; Postgres dies about twice a
 * minute, and at least once.
 */
export function planFaults({
  seed,
  seconds,
  replicas,
}: {
  seed: number;
  seconds: number;
  /** Names such as `order-2` by kind. */
  replicas: Readonly<Record<string, readonly string[]>>;
}): Fault[] {
  const lengthMs = seconds * 1000;
  const faults: Fault[] = [];
  /** Draws times from the beginning to the end, and for each the next of `kinds`, all of them in each round. */
  const rounds = <T>(
    stream: number,
    { kinds, pauseMs }: { kinds: readonly T[]; pauseMs: readonly [number, number] },
    add: (draw: { atMs: number; kind: T; random: Random }) => number,
  ) => {
    const random = createRandom(seed, stream);
    let round: T[] = [];
    for (let atMs = random.between(500, 2_000); atMs < lengthMs; ) {
      if (round.length === 0) round = random.shuffled(kinds);
      const kind = round.pop();
      if (kind === undefined) return;
      atMs += add({ atMs, kind, random }) + random.between(...pauseMs);
    }
  };
  rounds(1, { kinds: Object.values(replicas), pauseMs: [1_500, 5_000] }, ({ atMs, kind, random }) => {
    const forMs = random.between(100, 6_000);
    faults.push({ atMs, forMs, kind: "kill", target: random.pick(kind) });
    return 0;
  });
  rounds(2, { kinds: sandboxFaults, pauseMs: [500, 4_000] }, ({ atMs, kind, random }) => {
    const forMs = random.between(2_000, 8_000);
    faults.push({ atMs, forMs, kind: "sandbox", target: kind });
    return forMs;
  });
  const random = createRandom(seed, 3);
  const kills = Math.max(1, Math.round(seconds / 30));
  for (let i = 0; i < kills; i++) {
    const atMs = Math.floor(((i + 0.25 + random.next() / 2) * lengthMs) / kills);
    faults.push({ atMs, forMs: random.between(0, 3_000), kind: "kill-postgres", target: "postgres" });
  }
  return faults.sort((a, b) => a.atMs - b.atMs);
}

/** One line about a fault, for people. */
export function describeFault({ atMs, forMs, kind, target }: Fault): string {
  return `${(atMs / 1000).toFixed(1).padStart(6)} s  ${kind.padEnd(13)} ${target}, for ${(forMs / 1000).toFixed(1)} s`;
}
