import { createHash } from "node:crypto";
import { Code, type ConnectError } from "@connectrpc/connect";
import { defineReasons } from "../errors/reasons.ts";

const defaultPageSize = 50;
const maxPageSize = 200;

/** The refusal that comes of a page token. */
export const fail = defineReasons({
  PAGE_TOKEN_INVALID: {
    code: Code.InvalidArgument,
    message: "page_token is not one that this list returned for these filters",
  },
});

/** The number of rows to return: 0 asks for 50, more than 200 is 200. Negative sizes never get here. */
export function pageSizeOf(requested: number): number {
  return requested === 0 ? defaultPageSize : Math.min(requested, maxPageSize);
}

/** The sort key of a page's last row; what the next page starts after. */
export type Cursor = readonly (string | number)[];

/**
 * What one entry of a cursor may be. Tokens are not signed, so whatever stands in one must be something that the
 * column it is compared with can hold: otherwise a forged token would be an internal error.
 *
 * `text`: a string that Postgres stores; `bigint`: a decimal number of a bigint column, in a string; `number`: finite;
 * `integer`: exact; `time`: milliseconds since 1970, up to the year 9999.
 */
export type CursorKind = "text" | "bigint" | "number" | "integer" | "time";

/** A cursor whose entries are of these kinds. */
export type CursorLike<Kinds extends readonly CursorKind[]> = {
  readonly [I in keyof Kinds]: Kinds[I] extends "text" | "bigint" ? string : number;
};

// Later years have no common spelling.
const lastMillisecond = 253_402_300_799_999;

const fits: Record<CursorKind, (value: unknown) => boolean> = {
  text: (value) => typeof value === "string" && !value.includes("\0") && value.isWellFormed(),
  bigint: (value) => typeof value === "string" && /^\d{1,18}$/.test(value),
  number: Number.isFinite,
  integer: Number.isSafeInteger,
  time: (value) => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= lastMillisecond,
};

/**
 * Makes the opaque token of the page after `cursor`. It carries a digest of
 * the filter, so that a token is refused when the filter changed under it.
 */
export function encodePageToken({ cursor, filter }: { cursor: Cursor; filter: unknown }): string {
  return Buffer.from(JSON.stringify([digest(filter), ...cursor])).toString("base64url");
}

/**
 * Reads a page token: `undefined` for the first page.
 *
 * @throws PAGE_TOKEN_INVALID when the token was not made for this filter, or
 * its cursor does not have the shape of `like` (one kind per sort key).
 */
export function decodePageToken<const Kinds extends readonly CursorKind[]>({
  token,
  filter,
  like,
}: {
  token: string;
  filter: unknown;
  like: Kinds;
}): CursorLike<Kinds> | undefined {
  if (token === "") return undefined;
  const parsed = parse(token);
  if (!Array.isArray(parsed) || parsed.length !== like.length + 1 || parsed[0] !== digest(filter)) {
    throw invalid();
  }
  const cursor: unknown[] = parsed.slice(1);
  if (!like.every((kind, i) => fits[kind](cursor[i]))) throw invalid();
  return cursor as unknown as CursorLike<Kinds>;
}

/**
 * Cuts `rows`, fetched with one row more than the page, to the page, and makes
 * the token of the next one ("" on the last page).
 */
export function paginate<R>({
  rows,
  pageSize,
  filter,
  cursorOf,
}: {
  rows: readonly R[];
  pageSize: number;
  filter: unknown;
  cursorOf: (row: R) => Cursor;
}): { page: readonly R[]; nextPageToken: string } {
  const page = rows.slice(0, pageSize);
  const last = page.at(-1);
  const more = rows.length > pageSize && last !== undefined;
  return { page, nextPageToken: more ? encodePageToken({ cursor: cursorOf(last), filter }) : "" };
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    return undefined;
  }
}

function invalid(): ConnectError {
  return fail("PAGE_TOKEN_INVALID", {});
}

function digest(filter: unknown): string {
  const text = JSON.stringify(filter, (_key, value) => (typeof value === "bigint" ? `${value}n` : value));
  return createHash("sha256").update(text).digest("base64url").slice(0, 12);
}
