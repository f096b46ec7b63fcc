import { relative } from "node:path";
import { checkRows } from "./check-rows.ts";
import { type ImportOptions, ImportRefused, readOptions, readStaffKey } from "./options.ts";
import { createProgress, type ProgressStream } from "./progress.ts";
import { readProductFile } from "./read-file.ts";
import type { Problem } from "./row.ts";
import { type SendResult, sendRows } from "./send-rows.ts";
import { connectShop } from "./shop.ts";

/** What the command sees of the machine. */
export interface ImportEnvironment {
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  stdout: NodeJS.WritableStream;
  stderr: ProgressStream;
}

/**
 * The import command. Problems go to stderr as `file:line: field: message`, the sum to stdout.
 * Returns the exit code: 0 when every row is in the shop (or, dry, could be), 1 when some were
 * refused, 2 when nothing could be done.
 */
export async function runImport(environment: ImportEnvironment): Promise<0 | 1 | 2> {
  try {
    return await importFile(readOptions(environment.args, environment.env), environment);
  } catch (err) {
    if (!(err instanceof ImportRefused)) throw err;
    environment.stderr.write(`${err.message}\n`);
    return 2;
  }
}

async function importFile(
  options: ImportOptions,
  { env, stdout, stderr }: ImportEnvironment,
): Promise<0 | 1 | 2> {
  const read = await readProductFile(options.file);
  const { items, problems: refused } = checkRows(read);
  const problems = [...read.problems, ...refused];
  if (read.ignored.length > 0) stderr.write(`not used: ${read.ignored.join(", ")}\n`);
  let sent: SendResult | undefined;
  if (!options.dryRun && items.length > 0) {
    const staffKey = await readStaffKey(env);
    using shop = connectShop({ target: options.target, staffKey });
    const progress = createProgress(stderr);
    progress.start(items.length);
    try {
      sent = await sendRows({ ...options, items, shop, onProgress: () => progress.advance() });
    } finally {
      progress.stop();
    }
    problems.push(...sent.problems);
  }
  const name = relative(env.INIT_CWD ?? "", options.file) || options.file;
  for (const line of report(name, problems)) stderr.write(`${line}\n`);
  const bad = new Set(problems.map(({ line }) => line)).size;
  stdout.write(`${sent === undefined ? `${items.length} valid` : sumOf(sent)}, ${bad} refused\n`);
  return bad === 0 ? 0 : 1;
}

function report(file: string, problems: readonly Problem[]): string[] {
  return [...problems]
    .sort((a, b) => a.line - b.line)
    .map(({ line, field, message }) => `${file}:${line}: ${field === "" ? "" : `${field}: `}${message}`);
}

function sumOf({ created, existing, restocked }: SendResult): string {
  const stock = restocked === 0 ? "" : ` (stock set for ${restocked})`;
  return `${created} imported, ${existing} exist already${stock}`;
}
