import { expect, test } from "vitest";
import { FlashRefused, readOptions } from "./options.ts";

const read = (...args: string[]) => readOptions(args, () => 77);

test("20,000 buyers, 1,000 units, one process, unless told otherwise", () => {
  expect(read()).toMatchObject({
    buyers: 20_000,
    units: 1_000,
    skus: 1,
    processes: 1,
    faults: false,
    seed: 77,
  });
});

test("with faults: three replicas, two minutes", () => {
  expect(read("--faults")).toMatchObject({ processes: 3, seconds: 120, faults: true });
  expect(read("--faults", "--seconds", "10", "--processes", "2")).toMatchObject({
    processes: 2,
    seconds: 10,
  });
});

test("a seed is taken as it is", () => {
  expect(read("--seed", "0").seed).toBe(0);
  expect(read("--seed", "4294967295").seed).toBe(4_294_967_295);
});

test.each<[string, string[], string]>([
  ["no number", ["--buyers", "many"], "--buyers must be a whole number"],
  ["nobody", ["--buyers", "0"], "--buyers must be"],
  ["a fraction", ["--units", "1.5"], "--units must be"],
  ["a negative number", ["--skus=-1"], "--skus must be"],
  ["more processes than a machine bears", ["--processes", "9"], "--processes must be"],
  ["a seed beyond 32 bits", ["--seed", "4294967296"], "--seed must be"],
  ["a time without faults", ["--seconds", "5"], "--seconds goes with --faults"],
  ["an option there is none of", ["--speed", "5"], "Usage:"],
  ["an argument", ["now"], "Usage:"],
])("%s is refused", (_what, args, message) => {
  expect(() => read(...args)).toThrow(message);
  expect(() => read(...args)).toThrow(expect.objectContaining({ exitCode: 2 }));
});

test("help is no mistake", () => {
  expect(() => read("--help")).toThrow(expect.objectContaining({ exitCode: 0 }));
  expect(() => read("-h")).toThrow(FlashRefused);
});
