import { createHash } from "node:crypto";
import { Code, type ConnectError } from "@connectrpc/connect";
import { defineReasons } from "../errors/reasons.ts";

const defaultPageSize = 50;
const maxPageSize = 200;

const fail = defineReasons({
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
 * its cursor does not have the shape of `like` (one entry per sort key).
 */
export function decodePageToken({
  token,
  filter,
  like,
}: {
  token: string;
  filter: unknown;
  like: readonly ("string" | "number")[];
}): Cursor | undefined {
  if (token === "") return undefined;
  const parsed = parse(token);
  if (!Array.isArray(parsed) || parsed.length !== like.length + 1 || parsed[0] !== digest(filter)) {
    throw invalid();
  }
  const cursor = parsed.slice(1);
  if (!cursor.every((value, i) => typeof value === like[i])) throw invalid();
  return cursor;
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
