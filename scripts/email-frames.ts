import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

/** The part of mjml that is used here; it comes without types. */
type Mjml = (
  source: string,
  options: {
    filePath: string;
    ignoreIncludes: boolean;
    validationLevel: "strict";
    keepComments: boolean;
    fonts: {};
  },
) => Promise<{ html: string }>;

const mjml = createRequire(import.meta.url)("mjml") as Mjml;

/** Where the frames of e-mails are, and below it what is made of them. */
export const framesDir = join(import.meta.dirname, "../services/notify/templates");

/** Their names. */
export const compiledFrames = ["order", "stock", "page"] as const;

/** The frame of an e-mail as HTML that mail programs lay out alike. @throws Error with all that is wrong in its MJML */
export async function compileFrame(name: string): Promise<string> {
  const filePath = `${framesDir}/${name}.mjml`;
  const { html } = await mjml(await readFile(filePath, "utf8"), {
    filePath,
    ignoreIncludes: false,
    validationLevel: "strict",
    keepComments: false,
    // Of its own it fetches Roboto where the word stands.
    fonts: {},
  });
  return html
    .replace(/[ \t]+$/gm, "")
    .replace(/\n{2,}/g, "\n")
    .trim()
    .concat("\n");
}
