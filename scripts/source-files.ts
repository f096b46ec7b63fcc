import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const execFileAsync = promisify(execFile);

/** A file of the repository: its path from the root, with forward slashes, and its text. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** A broken rule. `line` counts from 1; it is absent where a whole file or folder is at fault. */
export interface Violation {
  readonly path: string;
  readonly line?: number;
  readonly message: string;
}

const binary = /\.(png|jpe?g|gif|webp|ico|pdf|woff2?|gz|zip|binpb)$/i;

/**
 * Reads every text file that git tracks or would track (untracked and not ignored), so that a rule is broken
 * before its file is committed. Files that git still lists but the work tree lacks are left out.
 */
export async function readTree(root: string): Promise<TextFile[]> {
  const { stdout } = await execFileAsync(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
    { cwd: root, maxBuffer: 64 * 1024 * 1024 },
  );
  const paths = stdout.split("\0").filter((path) => path !== "" && !binary.test(path));
  const files = await Promise.all(paths.map((path) => readIfThere({ root, path })));
  return files.filter((file) => file !== undefined).sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function readIfThere({ root, path }: { root: string; path: string }): Promise<TextFile | undefined> {
  try {
    return { path, text: await readFile(join(root, path), "utf8") };
  } catch (err) {
    const code = (err as NodeJS.ErrnoException).code;
    // EISDIR: a submodule or a symbolic link to a folder.
    if (code === "ENOENT" || code === "EISDIR") return undefined;
    throw err;
  }
}

/** One line a violation, `path:line: message`, in the order of paths and lines. */
export function formatViolations(violations: readonly Violation[]): string {
  return [...violations]
    .sort((a, b) => (a.path === b.path ? (a.line ?? 0) - (b.line ?? 0) : a.path < b.path ? -1 : 1))
    .map(({ path, line, message }) => `${path}${line === undefined ? "" : `:${line}`}: ${message}`)
    .join("\n");
}

/** True for tests and for what only tests import: `x.test.ts` and anything in a folder named `testing`. */
export function isTestCode(path: string): boolean {
  return /\.test\.m?ts$/.test(path) || /(^|\/)testing\//.test(path);
}

/** True for what buf, MJML or a vendor wrote: it follows its own rules. */
export function isForeign(path: string): boolean {
  return /^(gen|third_party|services\/notify\/templates\/compiled)\//.test(path);
}
