import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

/** What an import was started with. */
export interface ImportOptions {
  /** Absolute path of the file. */
  file: string;
  /** The shop's gRPC address, `host:port`. */
  target: string;
  /** Only validate; the shop need not run. */
  dryRun: boolean;
  /** Overwrite the stock of SKUs that exist. */
  updateStock: boolean;
}

/** The command cannot go on as it was called; the message is for the user. */
export class ImportRefused extends Error {
  override readonly name = "ImportRefused";
}

export const usage = `Usage: npm run import -- FILE [--dry-run] [--update-stock] [--target HOST:PORT]

Imports products with their stock from FILE (.json or .csv; see services/catalog/README.md)
into a running shop. Rows that are not valid are reported by line, the others imported.
A SKU that exists is left as it is.

  --dry-run        only validate the file
  --update-stock   overwrite the stock of SKUs that exist
  --target         gRPC address of the shop (default 127.0.0.1:50051)

The staff key is taken from ROWLOCK_STAFF_KEY, or from the shop's data folder.
Exit code: 0 all rows are in, 1 some rows were refused, 2 nothing could be done.`;

/** @throws ImportRefused when the arguments make no import. */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): ImportOptions {
  const { values, positionals } = parse(args);
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new ImportRefused(usage);
  const target = values.target ?? `127.0.0.1:${env.GRPC_PORT || "50051"}`;
  if (!/^(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/.test(target)) {
    throw new ImportRefused(`--target: ${JSON.stringify(target)} is not host:port`);
  }
  return {
    // npm starts the command in the project's folder; the user named the file from where they stand.
    file: resolve(env.INIT_CWD ?? ".", file),
    target,
    dryRun: values["dry-run"] ?? false,
    updateStock: values["update-stock"] ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        target: { type: "string" },
        "dry-run": { type: "boolean" },
        "update-stock": { type: "boolean" },
      },
    });
  } catch (err) {
    throw new ImportRefused(`${(err as Error).message}\n\n${usage}`);
  }
}

/**
 * The staff key: ROWLOCK_STAFF_KEY, else the one that the shop keeps in its data folder.
 *
 * @throws ImportRefused when there is neither.
 */
export async function readStaffKey(env: NodeJS.ProcessEnv): Promise<string> {
  if (env.ROWLOCK_STAFF_KEY) return env.ROWLOCK_STAFF_KEY;
  const file = join(env.ROWLOCK_DATA_DIR || ".rowlock", "staff-key");
  const key = await readFile(file, "utf8").catch((err: NodeJS.ErrnoException) => {
    if (err.code !== "ENOENT") throw new ImportRefused(`cannot read the staff key: ${err.message}`);
    return "";
  });
  if (key.trim() === "") {
    throw new ImportRefused(`no staff key in ROWLOCK_STAFF_KEY or ${file}; start the shop first: npm start`);
  }
  return key.trim();
}
