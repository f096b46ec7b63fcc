import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { runFlash } from "../cmd/flash/run-flash.ts";

/** Runs the command as `npm run flash -- ARGS` does, but for the signals. */
async function flash(args: readonly string[], signal = new AbortController().signal) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const read = Promise.all([text(stdout), text(stderr)]);
  const code = await runFlash({ args, stdout, stderr, signal });
  stdout.end();
  stderr.end();
  const [out, err] = await read;
  return { code, out, err };
}

// Of the buyers of this seed none leaves without a word: an abandoned order would take a minute to expire.
const seed = "9377";

test("60 buyers of 30 units: all are sold, and every check finds what it should", {
  timeout: 240_000,
}, async () => {
  const args = ["--buyers", "60", "--units", "15", "--skus", "2", "--in-flight", "16", "--seed", seed];
  const { code, out, err } = await flash(args);
  expect(`${err}\n${out}`).toContain("30 of 30 units sold");
  expect(out).toContain(`0 violations. Seed ${seed}.`);
  expect(out).not.toContain("VIOLATED");
  expect(code).toBe(0);
  const checked = [...out.matchAll(/^(.*\S) {2,}(\d+) {2,}0$/gm)].map(([, name, count]) => [
    name,
    Number(count),
  ]);
  expect(checked.filter(([, count]) => count === 0)).toEqual([["the shop came to rest", 0]]);
  expect(Number(/^refused \(out of stock\) +(\d+)$/m.exec(out)?.[1])).toBeGreaterThan(0);
});

test("a sale that is stopped at its start says so", { timeout: 60_000 }, async () => {
  const stop = new AbortController();
  const stopped = flash(["--buyers", "10", "--units", "1"], stop.signal);
  stop.abort();
  const { code, out, err } = await stopped;
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(/stopped\n$/);
});

test("wrong usage is told, and nothing starts", async () => {
  expect(await flash(["--buyers", "none"])).toEqual({
    code: 2,
    out: "",
    err: "--buyers must be a whole number from 1 to 1000000\n",
  });
  expect(await flash(["--help"])).toMatchObject({ code: 0, err: "" });
});
