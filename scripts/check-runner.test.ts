import { expect, test } from "vitest";
import { type Check, runChecks } from "./check-runner.ts";
import { runCommand } from "./run-command.ts";

async function run({ checks, concurrency = 1 }: { checks: Check[]; concurrency?: number }) {
  const printed: string[] = [];
  const ok = await runChecks({ checks, concurrency, print: (line) => printed.push(line) });
  return { ok, printed: printed.map((line) => line.replace(/ +[0-9.]+ s/, " N s")) };
}

const check = (name: string, ok: boolean, output = ""): Check => ({
  name,
  run: async () => ({ ok, output }),
});

test("prints a line each, then what the failed ones said", async () => {
  const checks = [check("one", true), check("second", false, "a\nb\n"), check("three", true, "note\nmore")];
  expect(await run({ checks })).toEqual({
    ok: false,
    printed: ["ok    one N s", "FAIL  second N s", "ok    three N s  note", "\n── second\na\nb"],
  });
});

test("is ok when all are", async () => {
  expect(await run({ checks: [check("a", true), check("b", true)] })).toMatchObject({ ok: true });
});

test("a check that throws has failed, and the others still run", async () => {
  const throwing: Check = { name: "bad", run: () => Promise.reject(new Error("no such tool")) };
  const { ok, printed } = await run({ checks: [throwing, check("good", true)] });
  expect(ok).toBe(false);
  expect(printed[1]).toBe("ok    good N s");
  expect(printed[2]).toContain("Error: no such tool");
});

test("runs as many at a time as it is told to, and no more", async () => {
  let running = 0;
  let most = 0;
  const checks = Array.from({ length: 5 }, (_, i) => ({
    name: `${i}`,
    run: async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return { ok: true, output: "" };
    },
  }));
  await run({ checks, concurrency: 2 });
  expect(most).toBe(2);
});

test.each<[script: string, ok: boolean, output: string]>([
  ["console.log('out'); console.error('err')", true, "out\nerr\n"],
  ["console.log('x'); process.exitCode = 3", false, "x\n"],
  ["process.kill(process.pid, 'SIGKILL')", false, `${process.execPath} was ended by SIGKILL\n`],
])("a command that does %s", async (script, ok, output) => {
  const args = ["-e", script];
  expect(await runCommand({ command: process.execPath, args, cwd: "/", env: {} })).toEqual({ ok, output });
});

test("a command that is not there", async () => {
  const result = await runCommand({ command: "no-such-tool", args: [], cwd: "/", env: {} });
  expect(result).toEqual({ ok: false, output: "no-such-tool: spawn no-such-tool ENOENT\n" });
});
