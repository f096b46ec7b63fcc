import type { IncomingHttpHeaders } from "node:http";
import { BadInput } from "./bad-input.ts";
import { fail } from "./reasons.ts";
import { Refusal } from "./refusal.ts";

/**
 * Conditional requests (RFC 9110, section 13) by the `etag` field of messages. Tags are compared by what is in
 * the quotes, weak or strong: an etag names the state of a resource, and a proxy or we ourselves make its tag
 * weak by compressing the representation.
 */

const bareTag = /^[\x21\x23-\x2b\x2d-\x7e]+$/;
const entityTags = /(?:W\/)?"([\x21\x23-\x7e]*)"/g;
const entityTagList = /^\s*(?:(?:W\/)?"[\x21\x23-\x7e]*"\s*(?:,\s*|$))+$/;

/** The etags a header lists; `*` for any; undefined when there is no header or it cannot be read. */
function readTags(given: string | undefined): string[] | "*" | undefined {
  if (given === undefined) return undefined;
  const text = given.trim();
  if (text === "*") return "*";
  if (entityTagList.test(text)) return [...text.matchAll(entityTags)].map((match) => match[1] ?? "");
  return bareTag.test(text) ? [text] : undefined;
}

/**
 * The etag `If-Match` names, for a field that the service checks; undefined for none or `*`. Throws BadInput on
 * a list, which no field can hold.
 */
export function readIfMatch(headers: IncomingHttpHeaders): string | undefined {
  const tags = readTags(headers["if-match"]);
  if (tags === "*" || headers["if-match"] === undefined) return undefined;
  const [etag = ""] = tags ?? [];
  if (tags?.length !== 1 || etag === "") {
    throw new BadInput('must be one entity tag, such as "abc"', "if-match");
  }
  return etag;
}

/** The etag of an answer, as a strong entity tag; undefined when the text cannot stand in one. */
export function entityTag(etag: string | undefined): string | undefined {
  if (etag === undefined) return undefined;
  return /^[\x21\x23-\x7e]+$/.test(etag) ? `"${etag}"` : undefined;
}

/** Whether `If-None-Match` lists the etag: the client has the answer already. */
export function isNotModified(headers: IncomingHttpHeaders, etag: string): boolean {
  const tags = readTags(headers["if-none-match"]);
  return tags === "*" || (tags?.includes(etag) ?? false);
}

/** Refuses, with 412, a read whose `If-Match` does not list the etag of what was read. */
export function requireMatch(headers: IncomingHttpHeaders, etag: string): void {
  const tags = readTags(headers["if-match"]);
  if (headers["if-match"] === undefined || tags === "*" || tags?.includes(etag) === true) return;
  throw new Refusal({ status: 412, error: fail("ETAG_DIFFERS", {}) });
}

/**
 * Refuses a change with a condition that nobody would check: going on without the guard its client asked for
 * could overwrite what that does not know of.
 */
export function refuseUnchecked(headers: IncomingHttpHeaders, checksIfMatch: boolean): void {
  if (!checksIfMatch && headers["if-match"] !== undefined && headers["if-match"].trim() !== "*") {
    throw new BadInput("cannot be checked: this method takes no etag", "if-match");
  }
  if (headers["if-none-match"] !== undefined) {
    throw new BadInput("cannot be checked by a method that changes something", "if-none-match");
  }
}
