/** The canonical form of a BCP 47 tag (`DE-at` is `de-AT`); undefined when it is none. */
export function languageTag(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}

/** A language that was chosen, and the tag by which amounts and dates are written: `de`, and `de-AT`. */
export interface Choice {
  language: string;
  locale: string;
}

/**
 * The best of the available languages for a list of wishes, the dearest first: each is shortened until there is one
 * (lookup, RFC 4647 section 3.4). What is no BCP 47 tag is no wish.
 */
export function lookUp(wishes: readonly string[], available: ReadonlySet<string>): Choice | undefined {
  for (const wish of wishes) {
    const locale = languageTag(wish);
    for (let range = locale ?? ""; range !== ""; range = shorter(range)) {
      if (locale !== undefined && available.has(range)) return { language: range, locale };
    }
  }
  return undefined;
}

/** Without the last subtag, and without a single letter that would then be the last. */
function shorter(range: string): string {
  const subtags = range.split("-").slice(0, -1);
  return (subtags.at(-1)?.length === 1 ? subtags.slice(0, -1) : subtags).join("-");
}
