import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/**
 * Compares two folders file by file and says, one line each, which files `actual` lacks, has too many, or has with
 * other contents than `expected`. A folder that does not exist is empty. The lines are sorted by path.
 */
export async function diffTrees({
  expected,
  actual,
}: {
  expected: string;
  actual: string;
}): Promise<string[]> {
  const [wanted, found] = await Promise.all([listFiles(expected), listFiles(actual)]);
  const lines: [path: string, what: string][] = [];
  for (const path of found) if (!wanted.has(path)) lines.push([path, "should not be there"]);
  for (const path of wanted) {
    if (!found.has(path)) {
      lines.push([path, "is missing"]);
      continue;
    }
    const [a, b] = await Promise.all([readFile(join(expected, path)), readFile(join(actual, path))]);
    if (!a.equals(b)) lines.push([path, "differs"]);
  }
  return lines.sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, what]) => `${path} ${what}`);
}

async function listFiles(folder: string): Promise<Set<string>> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory());
    return new Set(
      files.map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/")),
    );
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === "ENOENT") return new Set();
    throw err;
  }
}
