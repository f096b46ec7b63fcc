import { writeFile } from "node:fs/promises";
import { compiledFrames, compileFrame, framesDir } from "./email-frames.ts";

for (const name of compiledFrames) {
  await writeFile(`${framesDir}/compiled/${name}.html`, await compileFrame(name));
}
