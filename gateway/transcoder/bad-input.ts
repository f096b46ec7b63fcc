import { isUtf8 } from "node:buffer";

/**
 * Something in a request that cannot be read: rendered as 400 INVALID_ARGUMENT with a BadRequest violation.
 * `field` names the place as the client spelled it (`lines[2].unitPrice`, a parameter, a header); the reader
 * that knows the place fills it in when whoever noticed does not.
 */
export class BadInput extends Error {
  field: string | undefined;

  constructor(description: string, field?: string) {
    super(description);
    this.name = "BadInput";
    this.field = field;
  }
}

/** Longest name a hint is looked for, so that a hostile name costs nothing. */
const maxHintLength = 64;

/** `; did you mean "quantity"?` for the nearest of the names at most a third of its letters away, or nothing. */
export function didYouMean(given: string, names: Iterable<string>): string {
  if (given.length > maxHintLength) return "";
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(given.length / 3)) + 1;
  const folded = fold(given);
  for (const name of names) {
    const distance = editDistance(folded, fold(name));
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best === undefined ? "" : `; did you mean ${JSON.stringify(best)}?`;
}

/** Spellings that people mix up are no distance apart: `unitPrice`, `unit_price`, `UNIT-PRICE`. */
function fold(name: string): string {
  return name.replace(/[_-]/g, "").toLowerCase();
}

/** Levenshtein distance, by rows. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** At most 100 characters of what a client sent, quoted, for a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

/** Decodes UTF-8; throws BadInput instead of putting in replacement characters. */
export function decodeUtf8(bytes: Buffer, field?: string): string {
  if (!isUtf8(bytes)) {
    throw new BadInput(field === undefined ? "the body is not valid UTF-8" : "is not valid UTF-8", field);
  }
  return bytes.toString("utf8");
}
