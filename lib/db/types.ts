import pg from "pg";

const { builtins } = pg.types;

// Array types have no names in pg's list.
const TEXT_ARRAY = 1009;
const INT8_ARRAY = 1016;
const NUMERIC_ARRAY = 1231;
const DATE_ARRAY = 1182;

const parseText = (text: string) => text;
const parseTextArray = pg.types.getTypeParser(TEXT_ARRAY as typeof builtins.TEXT) as (
  text: string,
) => (string | null)[];
const parseDefaultTimestamp = pg.types.getTypeParser(builtins.TIMESTAMPTZ) as (text: string) => Date;

/** "2026-01-31 12:00:00.123456+00", as Postgres prints it while the session's time zone is UTC; cut to milliseconds. */
function parseTimestamp(text: string): Date {
  // Years past 9999 and before Christ, other zones and infinity are left to pg's own, slower parser.
  if (!text.endsWith("+00") || text[10] !== " ") return parseDefaultTimestamp(text);
  return new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`);
}

const parsers = new Map<number, (text: string) => unknown>([
  [builtins.INT8, BigInt],
  [INT8_ARRAY, (text) => parseTextArray(text).map((each) => (each === null ? null : BigInt(each)))],
  [builtins.NUMERIC, parseText],
  [NUMERIC_ARRAY, parseTextArray],
  [builtins.TIMESTAMPTZ, parseTimestamp],
  // A day has no time zone: as a Date it would move with the machine's.
  [builtins.DATE, parseText],
  [DATE_ARRAY, parseTextArray],
  [builtins.TIMESTAMP, parseText],
  [builtins.INTERVAL, parseText],
]);

/** How columns become values: int8 bigint, numeric and date strings, timestamptz Date, json parsed, bytea Buffer. */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: "text" | "binary") {
    return ((format !== "binary" && parsers.get(oid)) ||
      pg.types.getTypeParser(oid, format as "text")) as never;
  },
};
