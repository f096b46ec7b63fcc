/**
 * Reads the fenced code blocks of a Markdown document.
 *
 * A block that a test runs says so behind its language: the info string `sh test`. GitHub and npm highlight by the
 * first word and ignore the rest. Blocks that are only shown (a server in the foreground, an installation) are `sh`.
 */

/** A fenced code block. */
export interface CodeBlock {
  /** The first word of the info string, or "" when there is none. */
  readonly language: string;
  /** The rest of the info string, such as "test", or "". */
  readonly info: string;
  /** The lines between the fences, each with its line end; the fence's indentation is taken off. */
  readonly text: string;
  /** The line of the block's first line of text, counted from 1: where a failure of that text is to be looked for. */
  readonly line: number;
}

/**
 * Finds the blocks in their order, fenced as CommonMark 0.31 section 4.5 has it: three or more backticks or tildes,
 * indented by at most three spaces, closed by at least as many of the same. Fences inside lists and quotations are
 * not looked for. Throws an Error with the line of a block that is never closed: CommonMark would take the rest of
 * the document for code, which no author means.
 */
export function extractBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: (CodeBlock & { fence: string; indent: number }) | undefined;
  for (const [i, text] of markdown.split(/\r?\n/).entries()) {
    if (open === undefined) {
      open = openingFence({ text, line: i + 2 });
    } else if (isClosingFence({ text, fence: open.fence })) {
      const { language, info, line } = open;
      blocks.push({ language, info, text: open.text, line });
      open = undefined;
    } else {
      const outdented = text.replace(new RegExp(`^ {0,${open.indent}}`), "");
      open = { ...open, text: `${open.text}${outdented}\n` };
    }
  }
  if (open !== undefined) throw new Error(`the code block opened in line ${open.line - 1} is never closed`);
  return blocks;
}

function openingFence({ text, line }: { text: string; line: number }) {
  // Behind backticks the info string holds none: three of them around a word in one line are inline code.
  const match = /^( {0,3})(?:(`{3,})([^`]*)|(~{3,})(.*))$/.exec(text);
  if (match === null) return undefined;
  const [, indent = "", backticks, afterBackticks, tildes, afterTildes] = match;
  const [, language = "", info = ""] =
    /^(\S*)\s*(.*)$/.exec((afterBackticks ?? afterTildes ?? "").trim()) ?? [];
  return { language, info, text: "", line, fence: backticks ?? tildes ?? "", indent: indent.length };
}

function isClosingFence({ text, fence }: { text: string; fence: string }): boolean {
  const run = /^ {0,3}(`+|~+)[ \t]*$/.exec(text)?.[1] ?? "";
  return run.startsWith(fence);
}
