/** Markup that is safe to put into a page: made by `html` alone. */
export class Html {
  readonly markup: string;

  private constructor(markup: string) {
    this.markup = markup;
  }

  /** Only for the tag below: whatever is passed becomes markup. */
  static ofTag(markup: string): Html {
    return new Html(markup);
  }
}

/** What a template may hold: text and numbers are escaped, markup is not, `undefined` leaves nothing. */
export type Part = string | number | bigint | Html | readonly Html[] | undefined;

/**
 * Markup from a template; every value is escaped, in text and in quoted
 * attributes alike.
 */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  let markup = strings[0] ?? "";
  for (const [i, part] of parts.entries()) {
    markup += render(part) + (strings[i + 1] ?? "");
  }
  return Html.ofTag(markup);
}

function render(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.markup;
  if (typeof part === "object") return part.map(({ markup }) => markup).join("");
  return String(part).replace(/[&<>"'\p{Cc}]/gu, (character) => entities[character] ?? "");
}

// Other control characters have no place in a document and are dropped.
const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "\n": "<br>",
  "\t": " ",
};
