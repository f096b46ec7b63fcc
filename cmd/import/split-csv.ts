/** A record of a CSV text: its text, the line (from 1) on which it begins, and whether its quotes are closed. */
export interface CsvRecord {
  line: number;
  text: string;
  closed: boolean;
}

/** A record longer than this, in characters, has a quote that was never closed: no product is as long. */
const maxRecordLength = 65_536;

/**
 * Cuts a CSV text (RFC 4180) into records, empty lines left out. A quoted field may hold line breaks.
 * A quote that is not closed makes a record of its own line alone, so that the lines after it are
 * still read.
 */
export function splitCsv(text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let line = 1;
  let at = text.startsWith("\ufeff") ? 1 : 0;
  while (at < text.length) {
    const whole = endOfRecord(text, at);
    const end = whole ?? endOfLine(text, at);
    const record = text.slice(at, end).replace(/\r?\n$|\r$/, "");
    if (record.trim() !== "") records.push({ line, text: record, closed: whole !== undefined });
    line += countLineBreaks(text, at, end);
    at = end;
  }
  return records;
}

/** Where the record that begins at `start` ends, its line break included; undefined when a quote stays open. */
function endOfRecord(text: string, start: number): number | undefined {
  let quoted = false;
  let fieldIsBlank = true;
  for (let at = start; at < text.length; at++) {
    if (at - start > maxRecordLength && quoted) return undefined;
    const char = text[at];
    if (quoted) {
      if (char !== '"') continue;
      if (text[at + 1] === '"') at += 1;
      else quoted = false;
    } else if (char === "\n") {
      return at + 1;
    } else if (char === ",") {
      fieldIsBlank = true;
    } else if (char === '"' && fieldIsBlank) {
      quoted = true;
      fieldIsBlank = false;
    } else if (char !== " " && char !== "\t") {
      fieldIsBlank = false;
    }
  }
  return quoted ? undefined : text.length;
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  return end === -1 ? text.length : end + 1;
}

function countLineBreaks(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", start); at !== -1 && at < end; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}
