/**
 * Which web origins are meant by a list of them: `https://shop.example`, `http://localhost:*` (any port), or `*`
 * (any origin, but then without cookies).
 */
export interface Origins {
  /** Whether pages of this origin may call and bring cookies. */
  includes(origin: string): boolean;
  /** Whether pages of any origin may call, without cookies. */
  readonly any: boolean;
  readonly none: boolean;
}

/** Whether a text can stand in such a list. */
export function isOrigin(text: string): boolean {
  if (text === "*") return true;
  const origin = text.endsWith(":*") ? text.slice(0, -2) : text;
  return (
    !origin.includes("*") &&
    URL.canParse(origin) &&
    /^https?:/.test(origin) &&
    new URL(origin).origin === origin
  );
}

/** @throws RangeError for an entry that is none of the three. */
export function createOrigins(list: readonly string[]): Origins {
  const wrong = list.find((entry) => !isOrigin(entry));
  if (wrong !== undefined) throw new RangeError(`${wrong} is no origin such as https://shop.example`);
  const exact = new Set(list);
  return {
    includes: (origin) =>
      exact.has(origin) || (exact.has(`${origin.replace(/:\d+$/, "")}:*`) && URL.canParse(origin)),
    any: exact.has("*"),
    none: list.length === 0,
  };
}
