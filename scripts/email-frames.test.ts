import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { compiledFrames, compileFrame, framesDir } from "./email-frames.ts";

test.each(compiledFrames)("the frame %s is what `npm run templates` makes of its MJML", async (name) => {
  const committed = await readFile(`${framesDir}/compiled/${name}.html`, "utf8");
  expect(await compileFrame(name)).toBe(committed);
});
