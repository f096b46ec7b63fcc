import { posix } from "node:path";
import { extractBlocks } from "../../scripts/readme-commands.ts";
import type { TextFile } from "../../scripts/source-files.ts";

/** A link of a Markdown document to something in the repository. */
export interface Link {
  path: string;
  line: number;
  target: string;
}

/** The relative links outside code, `](target)`, of the given documents. */
export function readLinks(documents: readonly TextFile[]): Link[] {
  return documents.flatMap(({ path, text }) =>
    prose(text).flatMap((line, i) =>
      [...line.matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = ""]) => ({ path, line: i + 1, target }))
        .filter(({ target }) => !/^[a-z][a-z0-9+.-]*:/i.test(target)),
    ),
  );
}

/**
 * The links that lead nowhere, as `path:line: target`: to a file or folder that is not among `files`, or
 * to a heading that its document does not have.
 */
export function brokenLinks({
  links,
  files,
}: {
  links: readonly Link[];
  files: readonly TextFile[];
}): string[] {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const folders = new Set(files.flatMap(({ path }) => foldersOf(path)));
  const leads = ({ path, target }: Link) => {
    const [file = "", heading] = target.split("#");
    const to = file === "" ? path : posix.join(posix.dirname(path), file).replace(/\/$/, "");
    const text = texts.get(to);
    if (text === undefined) return folders.has(to) && heading === undefined;
    return heading === undefined || headingsOf(text).includes(heading);
  };
  return links.filter((link) => !leads(link)).map(({ path, line, target }) => `${path}:${line}: ${target}`);
}

function foldersOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}

/** The anchors of a document's headings, as GitHub makes them; repeated ones are not told apart. */
function headingsOf(markdown: string): string[] {
  return prose(markdown)
    .flatMap((line) => /^#{1,6} +(.*?) *#*$/.exec(line)?.[1] ?? [])
    .map((title) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    );
}

/** The lines of a document; those of fenced code and the inside of inline code are empty. */
function prose(markdown: string): string[] {
  const lines = markdown.split(/\r?\n/);
  for (const { line, text } of extractBlocks(markdown)) {
    lines.fill("", line - 1, line - 1 + text.split("\n").length - 1);
  }
  return lines.map((line) => line.replace(/`[^`]*`/g, "``"));
}
