import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { ImportRefused } from "./options.ts";
import { readCsv } from "./read-csv.ts";
import { readJson } from "./read-json.ts";
import type { ReadResult } from "./row.ts";

const readers: Record<string, (text: string) => ReadResult> = { ".json": readJson, ".csv": readCsv };

/** Reads a file of products by its extension. @throws ImportRefused when it is not there, or of another kind. */
export async function readProductFile(file: string): Promise<ReadResult> {
  const read = readers[extname(file).toLowerCase()];
  if (read === undefined) throw new ImportRefused(`${file}: the name must end in .json or .csv`);
  const bytes = await readFile(file).catch((err: NodeJS.ErrnoException) => {
    throw new ImportRefused(err.code === "ENOENT" ? `${file}: no such file` : `${file}: ${err.message}`);
  });
  try {
    return read(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (err) {
    if (!(err instanceof TypeError)) throw err;
    throw new ImportRefused(`${file}: not a UTF-8 text`);
  }
}
