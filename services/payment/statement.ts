/** Reads a bank statement. Pure. */
import { createHash } from "node:crypto";
import { CsvError, parse } from "csv-parse/sync";
import { MoneyError, parseDecimal } from "../../lib/money/money.ts";
import { fail } from "./reasons.ts";

/** What a statement may have at most. */
export const maxBytes = 1024 * 1024;
export const maxRows = 2_000;
/** A cell longer than this, in characters, is no bank's. */
const maxCell = 1_000;

/** Money that came in, as a statement says it; the amount in minor units. */
export interface StatementEntry {
  /** Tells it from all others of its account, in whatever file it stands. */
  key: string;
  date: string;
  currencyCode: string;
  amount: bigint;
  reference: string;
  description: string;
  transactionId: string;
}

/** A row, and the line on which it begins. */
export type StatementRow = { line: number } & (
  | { kind: "ENTRY"; entry: StatementEntry }
  | { kind: "IGNORED" }
  | { kind: "INVALID"; problem: string }
);

const columnNames = ["date", "amount", "currency", "reference", "description", "transaction id"] as const;
type ColumnName = (typeof columnNames)[number];
type Cells = Record<ColumnName, string>;

/**
 * Reads a statement's rows. Only what makes all of it unreadable is an error; what is wrong with a row is said there.
 *
 * @throws STATEMENT_INVALID, STATEMENT_TOO_LARGE.
 */
export function readStatement(
  bytes: Uint8Array,
  { currencyCode: otherwise }: { currencyCode: string },
): StatementRow[] {
  if (bytes.byteLength > maxBytes) throw tooLarge();
  const text = decode(bytes);
  const delimiter = delimiterOf(text);
  const rows: StatementRow[] = [];
  const seen = new Map<string, number>();
  let columns: string[] | undefined;
  for (const { line, cells } of recordsOf(text, delimiter)) {
    if (columns === undefined) columns = columnsOf(cells, { otherwise });
    else if (rows.length === maxRows) throw tooLarge();
    else rows.push({ line, ...readRow(cells, { columns, otherwise, delimiter, seen }) });
  }
  if (columns === undefined) throw invalid("it is empty");
  return rows;
}

type ReadRow = StatementRow extends infer R ? (R extends StatementRow ? Omit<R, "line"> : never) : never;

/** One row; `seen` counts the rows without an id that say the same. */
function readRow(
  record: CsvRecord["cells"],
  {
    columns,
    otherwise,
    delimiter,
    seen,
  }: { columns: readonly string[]; otherwise: string; delimiter: string; seen: Map<string, number> },
): ReadRow {
  if (typeof record === "string") return { kind: "INVALID", problem: record };
  if (record.length !== columns.length) {
    return { kind: "INVALID", problem: `${record.length} cells; the names are ${columns.length}` };
  }
  const cell = (name: ColumnName) => [name, record[columns.indexOf(name)] ?? ""];
  const cells = Object.fromEntries(columnNames.map(cell)) as Cells;
  cells.currency ||= otherwise;
  const problem = problemOf(cells);
  if (problem !== undefined) return { kind: "INVALID", problem };
  const { date, currency: currencyCode, reference, description } = cells;
  const transactionId = cells["transaction id"];
  let amount: bigint;
  try {
    amount = parseDecimal(decimalOf(cells.amount, delimiter), currencyCode);
  } catch (err) {
    if (!(err instanceof MoneyError)) throw err;
    return { kind: "INVALID", problem: `amount: ${err.message}` };
  }
  if (amount <= 0n) return { kind: "IGNORED" };
  const said = { date, currencyCode, amount, reference, description, transactionId };
  return { kind: "ENTRY", entry: { key: keyOf(said, seen), ...said } };
}

function problemOf(cells: Cells): string | undefined {
  const long = columnNames.find((name) => cells[name].length > maxCell);
  if (long !== undefined) return `${long}: more than ${maxCell} characters`;
  const odd = columnNames.find((name) => cells[name].includes("\0"));
  if (odd !== undefined) return `${odd}: a character that is none`;
  if (!isDate(cells.date)) return "date: must be a day such as 2026-11-21";
  if (cells.currency === "") return "currency: is required";
  return undefined;
}

function isDate(text: string): boolean {
  if (!/^[12]\d{3}-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** A comma is the decimal sign where it does not separate the cells; a thousands separator is nowhere read. */
function decimalOf(amount: string, delimiter: string): string {
  const unsigned = amount.replace(/^\+/, "");
  return delimiter === "," || unsigned.includes(".") ? unsigned : unsigned.replace(",", ".");
}

/** The bank's id; or a digest of what the row says and how often the file has said it before. */
function keyOf(
  { transactionId, amount, ...said }: Omit<StatementEntry, "key">,
  seen: Map<string, number>,
): string {
  if (transactionId !== "") return `id:${transactionId}`;
  const { date, currencyCode, reference, description } = said;
  const all = JSON.stringify([date, currencyCode, String(amount), reference, description]);
  const digest = createHash("sha256").update(all).digest("base64url");
  const count = (seen.get(digest) ?? 0) + 1;
  seen.set(digest, count);
  return `row:${digest}:${count}`;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid("it is not UTF-8");
  }
}

/** What separates the names: the one of the three that is most among them. */
function delimiterOf(text: string): string {
  const names = /[^\r\n]+/.exec(text)?.[0] ?? "";
  const [most = ","] = [",", ";", "\t"].sort((a, b) => names.split(b).length - names.split(a).length);
  return most;
}

/** A record, and the line (from 1) on which it begins; of one that is damaged, what is wrong with it. */
interface CsvRecord {
  line: number;
  cells: string[] | string;
}

/** A quoted cell may go on over so many lines. */
const maxLines = 20;

/** Cuts RFC 4180 text into records, blank lines left out. A quote that is never closed damages its own line alone. */
function* recordsOf(text: string, delimiter: string): Generator<CsvRecord> {
  const lines = text.split(/\r\n|\n|\r/);
  for (let at = 0, taken: number; at < lines.length; at += taken) {
    taken = 1;
    const line = lines[at] ?? "";
    if (line.trim() === "") continue;
    let quotes = quotesIn(line);
    while (quotes % 2 === 1 && taken < maxLines && at + taken < lines.length) {
      quotes += quotesIn(lines[at + taken++] ?? "");
    }
    let cells = cellsOf(lines.slice(at, at + taken).join("\n"), delimiter);
    if (typeof cells === "string") {
      taken = 1;
      cells = cellsOf(line, delimiter);
    }
    yield { line: at + 1, cells };
  }
}

function quotesIn(line: string): number {
  return line.split('"').length - 1;
}

function cellsOf(record: string, delimiter: string): CsvRecord["cells"] {
  try {
    return parse(record, { delimiter, trim: true })[0] ?? [];
  } catch (err) {
    if (!(err instanceof CsvError)) throw err;
    const isOpen = err.code === "CSV_QUOTE_NOT_CLOSED";
    return isOpen ? "a quoted cell is not closed" : "a quote stands where none may";
  }
}

/** The names of the columns as they are known here. */
function columnsOf(cells: CsvRecord["cells"], { otherwise }: { otherwise: string }): string[] {
  if (typeof cells === "string") throw invalid(cells);
  const names = cells.map((name) => name.toLowerCase().replace(/[\s_-]+/g, " "));
  const twice = columnNames.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice !== undefined) throw invalid(`the column "${twice}" stands twice`);
  const required: ColumnName[] = ["date", "amount", ...(otherwise === "" ? (["currency"] as const) : [])];
  const missing = required.find((name) => !names.includes(name));
  if (missing !== undefined) throw invalid(`there is no column "${missing}"`);
  if (!names.includes("reference") && !names.includes("description")) {
    throw invalid('there is neither a column "reference" nor "description"');
  }
  return names;
}

function invalid(problem: string) {
  return fail("STATEMENT_INVALID", { problem });
}

function tooLarge() {
  return fail("STATEMENT_TOO_LARGE", { max_rows: String(maxRows), max_bytes: String(maxBytes) });
}
