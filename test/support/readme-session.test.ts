import { tmpdir } from "node:os";
import process from "node:process";
import { expect, test } from "vitest";
import { readSteps, runSteps, showsOutput } from "./readme-session.ts";

const block = (info: string, text: string) => `\`\`\`${info}\n${text}\n\`\`\`\n`;
const run = (markdown: string) =>
  runSteps({ steps: readSteps(markdown), cwd: tmpdir(), env: process.env, timeoutMs: 10_000 });

test("takes the marked blocks, each with the text behind it", () => {
  const markdown = [
    block("sh", "npm ci"),
    block("sh test", "one"),
    block("sh test", "two"),
    block("text", "2"),
    block("text", "of nothing"),
  ].join("Words.\n");
  const steps = readSteps(markdown);
  expect(steps.map(({ commands, prints }) => [commands.text, prints?.text])).toEqual([
    ["one\n", undefined],
    ["two\n", "2\n"],
  ]);
});

test("a step sees what the steps before it have set, and errors are output", async () => {
  const markdown = block("sh test", "a=1\nf() { echo $((a + 1)); }") + block("sh test", "f\necho bad >&2");
  expect(await run(markdown)).toEqual({ status: 0, outputs: ["", "2\nbad\n"] });
});

test("stops at the command that fails", async () => {
  const markdown =
    block("sh test", "echo 1") + block("sh test", "echo 2\nfalse\necho 3") + block("sh test", "echo 4");
  expect(await run(markdown)).toEqual({ status: 1, outputs: ["1\n", "2\n"] });
});

test.each([
  ["the same text", "a\nb\n", "a\nb\n", true],
  ["dots within a line", "id: '…', b\n", "id: 'x1', b\n", true],
  ["dots are no line end", "a … b\n", "a 1\n2 b\n", false],
  ["dots alone, for no line", "a\n…\nb\n", "a\nb\n", true],
  ["dots alone, for lines", "a\n  …\nb\n", "a\n1\n2\nb\n", true],
  ["a line too many", "a\n", "a\nb\n", false],
  ["a line too few", "a\nb\n", "a\n", false],
  ["characters that mean something in a pattern", "[ (a.b) ]\n", "[ (axb) ]\n", false],
])("a sample: %s", (_, sample, output, want) => {
  expect(showsOutput(sample, output)).toBe(want);
});
