import { describe, expect, test } from "vitest";
import { errorInfo } from "../../lib/errors/reasons.ts";
import { maxBytes, maxRows, readStatement } from "./statement.ts";

const read = (text: string | Uint8Array, currencyCode = "") =>
  readStatement(typeof text === "string" ? Buffer.from(text) : text, { currencyCode });

const header = "date,amount,currency,reference,description,transaction id";
const row = "2026-11-21,10.00,USD,RF1,rent,t1";
const one = {
  key: "id:t1",
  date: "2026-11-21",
  currencyCode: "USD",
  amount: 1000n,
  reference: "RF1",
  description: "rent",
  transactionId: "t1",
};

describe("one row, however it is written", () => {
  test.each<[string, string, Partial<typeof one>]>([
    ["plain", `${header}\n${row}\n`, {}],
    ["without a line break at its end", `${header}\n${row}`, {}],
    ["CRLF", `${header}\r\n${row}\r\n`, {}],
    ["CR alone", `${header}\r${row}\r`, {}],
    ["a byte order mark", `\ufeff${header}\n${row}\n`, {}],
    ["blank lines", `\n${header}\n\n${row}\n\n`, {}],
    ["semicolons", `${header}\n${row}`.replaceAll(",", ";"), {}],
    [
      "semicolons and a decimal comma",
      `${header}\n${row}`.replaceAll(",", ";").replace("10.00", "10,00"),
      {},
    ],
    ["tabs", `${header}\n${row}`.replaceAll(",", "\t"), {}],
    ["blanks around cells", `${header}\n${row}`.replaceAll(",", " , "), {}],
    [
      "names in any case, order and spelling",
      "Transaction_ID,DESCRIPTION,Reference,Currency,AMOUNT,Date\nt1,rent,RF1,USD,10.00,2026-11-21",
      {},
    ],
    ["columns that nobody asked for", `${header},balance\n${row},99.00`, {}],
    ["quotes", `${header}\n2026-11-21,"10.00",USD,RF1,"a ""b"", c",t1`, { description: 'a "b", c' }],
    ["a line break in quotes", `${header}\n2026-11-21,10.00,USD,RF1,"a\r\nb",t1`, { description: "a\nb" }],
    ["a plus sign", `${header}\n${row.replace("10.00", "+10.00")}`, {}],
    ["fewer decimals", `${header}\n${row.replace("10.00", "10")}`, {}],
    [
      "a currency without decimals",
      `${header}\n${row.replace("10.00,USD", "1000,JPY")}`,
      { currencyCode: "JPY" },
    ],
    [
      "a currency with three decimals",
      `${header}\n${row.replace("10.00,USD", "1.000,KWD")}`,
      { currencyCode: "KWD" },
    ],
  ])("%s", (_, text, differs) => {
    expect(read(text)).toMatchObject([{ kind: "ENTRY", entry: { ...one, ...differs } }]);
  });
});

describe("what is wrong with a row is said there, and the others are read", () => {
  const { key: _key, ...good } = one;
  test.each<[string, string, string]>([
    ["a thousands separator", '2026-11-21,"1,000.00",USD,a,b,t0', "amount"],
    ["a decimal comma between commas", '2026-11-21,"10,00",USD,a,b,t0', "amount"],
    ["more decimals than the currency has", "2026-11-21,10.001,USD,a,b,t0", "amount"],
    ["an exponent", "2026-11-21,1e3,USD,a,b,t0", "amount"],
    ["no amount", "2026-11-21,,USD,a,b,t0", "amount"],
    ["more digits than amounts have", "2026-11-21,99999999999999.00,USD,a,b,t0", "amount"],
    ["a currency that is none", "2026-11-21,1.00,XXY,a,b,t0", "amount"],
    ["no currency", "2026-11-21,1.00,,a,b,t0", "currency"],
    ["another form of date", "21.11.2026,1.00,USD,a,b,t0", "date"],
    ["a day that is none", "2026-02-30,1.00,USD,a,b,t0", "date"],
    ["too few cells", "2026-11-21,1.00,USD", "3 cells"],
    ["too many cells", "2026-11-21,1.00,USD,a,b,t0,c", "7 cells"],
    ["a quote within a cell", '2026-11-21,1.00,USD,a,12" screen,t0', "quote"],
    ["a quote that is never closed", '2026-11-21,1.00,USD,a,"b,t0', "not closed"],
    ["a cell longer than any bank's", `2026-11-21,1.00,USD,a,${"b".repeat(1001)},t0`, "description"],
    ["a NUL", "2026-11-21,1.00,USD,a\0,b,t0", "reference"],
  ])("%s", (_, bad, problem) => {
    const [first, ...rest] = read(`${header}\n${bad}\n${row}\n${row.replace("t1", "t2")}`);
    expect(first).toMatchObject({ line: 2, kind: "INVALID", problem: expect.stringContaining(problem) });
    expect(rest).toMatchObject([
      { line: 3, kind: "ENTRY", entry: good },
      { line: 4, kind: "ENTRY", entry: { ...good, transactionId: "t2" } },
    ]);
  });

  test("money that went out, or none, is ignored", () => {
    const rows = read(`${header}\n${row.replace("10.00", "-10.00")}\n${row.replace("10.00", "0.00")}`);
    expect(rows).toEqual([
      { line: 2, kind: "IGNORED" },
      { line: 3, kind: "IGNORED" },
    ]);
  });

  test("lines are counted in the file, not in rows", () => {
    const rows = read(`${header}\n\n2026-11-21,1.00,USD,"a\nb",c,t0\n${row}\n`);
    expect(rows.map(({ line }) => line)).toEqual([3, 5]);
  });
});

describe("what is no statement is refused as a whole", () => {
  test.each<[string, string | Uint8Array, string]>([
    ["nothing", "", "it is empty"],
    ["blank lines", "\n \r\n", "it is empty"],
    ["bytes that are no UTF-8", new Uint8Array([0xff, 0xfe, 0x61]), "it is not UTF-8"],
    ["no date", "amount,currency,reference\n", 'there is no column "date"'],
    ["no amount", "date,currency,reference\n", 'there is no column "amount"'],
    ["no currency", "date,amount,reference\n", 'there is no column "currency"'],
    [
      "nothing that names a payment",
      "date,amount,currency\n",
      'there is neither a column "reference" nor "description"',
    ],
    ["a column twice", "date,amount,currency,reference,Date\n", 'the column "date" stands twice'],
    ["JSON", '{"date":"2026-11-21"}', "a quote stands where none may"],
  ])("%s", (_, text, problem) => {
    const err = failureOf(() => read(text));
    expect(errorInfo(err)).toMatchObject({ reason: "STATEMENT_INVALID", metadata: { problem } });
  });

  test.each<[string, string]>([
    ["too many rows", `${header}\n${`${row}\n`.repeat(maxRows + 1)}`],
    ["too many bytes", `${header}\n${" ".repeat(maxBytes)}`],
  ])("%s", (_, text) => {
    expect(errorInfo(failureOf(() => read(text)))).toMatchObject({
      reason: "STATEMENT_TOO_LARGE",
      metadata: { max_rows: "2000", max_bytes: "1048576" },
    });
  });

  test("as many rows as may be are read", () => {
    expect(read(`${header}\n${`${row}\n`.repeat(maxRows)}`)).toHaveLength(maxRows);
  });
});

test("rows that name no currency are in the one that is given", () => {
  expect(read("date,amount,reference\n2026-11-21,10.00,RF1", "EUR")).toMatchObject([
    { entry: { currencyCode: "EUR", amount: 1000n } },
  ]);
  expect(read(`${header}\n${row}`, "EUR")).toMatchObject([{ entry: { currencyCode: "USD" } }]);
});

test("a row without an id is known by what it says, and how often the file has said it", () => {
  const plain = "date,amount,currency,reference";
  const said = "2026-11-21,10.00,USD,RF1";
  const keys = (text: string) =>
    read(text).map((each) => (each.kind === "ENTRY" ? each.entry.key : each.kind));
  const [first, second, other] = keys(`${plain}\n${said}\n${said}\n${said}2`);
  expect(new Set([first, second, other]).size).toBe(3);
  // However the same is written, and whatever stands before it.
  expect(keys(`${plain}\n${said}2\n${said.replace("10.00", "10.0")}`)).toEqual([other, first]);
});

function failureOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (err) {
    return err;
  }
}
