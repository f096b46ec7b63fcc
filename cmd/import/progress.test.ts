import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createProgress } from "./progress.ts";

function shown(isTTY: boolean): string {
  const stream = Object.assign(new PassThrough(), {
    isTTY,
    columns: 100,
    cursorTo: () => true,
    clearLine: () => true,
  });
  const progress = createProgress(stream);
  progress.start(2);
  progress.advance();
  progress.advance();
  progress.stop();
  return String(stream.read());
}

test("elsewhere than on a terminal it is one plain line", () => {
  expect(shown(false)).toBe("importing 2 products\n");
});

test("on a terminal it is a bar that ends full", () => {
  expect(shown(true)).toContain("2/2 products");
});
