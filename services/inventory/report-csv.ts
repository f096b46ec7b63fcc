import { stringify } from "csv-stringify/sync";
import type { StockSummary } from "./store-report.ts";

const columns = [
  { key: "sku", header: "sku" },
  { key: "onHand", header: "on_hand" },
  { key: "reserved", header: "reserved" },
  { key: "available", header: "available" },
  { key: "demanded", header: "demanded" },
  { key: "shortfall", header: "shortfall" },
  { key: "threshold", header: "threshold" },
  { key: "waiting", header: "waiting" },
];

/** The names of the report's columns, as the first line of a CSV document (RFC 4180). */
export const csvHeader = csv([], { header: true });

/** Lines of the report. A text that a spreadsheet would take for a formula gets an apostrophe before it. */
export function csvLines(rows: readonly StockSummary[]): Uint8Array {
  return csv(rows, { header: false });
}

function csv(rows: readonly StockSummary[], { header }: { header: boolean }): Uint8Array {
  const text = stringify([...rows], {
    columns,
    header,
    record_delimiter: "windows",
    escape_formulas: true,
  });
  return new TextEncoder().encode(text);
}
