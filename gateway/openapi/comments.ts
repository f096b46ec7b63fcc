/** Comments of a contract by full name, e.g. `rowlock.cart.v1.Cart.lines`. */
export type Comments = Readonly<Record<string, string>>;

/** A reason that a comment names as an error. */
export interface NamedReason {
  reason: string;
  /** When it happens, as the comment says; may be empty. */
  note: string;
}

/** What the comment of an RPC says. */
export interface MethodComment {
  /** The first sentence, without its full stop. */
  summary: string;
  /** All of it but the errors. */
  description: string;
  errors: NamedReason[];
  /** Other methods whose errors it has, too: `errors as AddItem`. */
  errorsAs: string[];
}

/** A comment as flowing text: line breaks only between paragraphs and before list items. */
export function flow(comment: string): string {
  return comment.replace(/(?<!\n)\n(?![\n-])/g, " ").trim();
}

/** Reads the comment of an RPC: effect, then `Errors: A, B (when), as Other.` */
export function readMethodComment(comment: string): MethodComment {
  const text = flow(comment);
  const at = text.search(/(?:^|\s)Errors:/);
  const description = (at < 0 ? text : text.slice(0, at)).trim();
  const summary = /^.*?[.!?:;](?=\s|$)/s.exec(description)?.[0] ?? description;
  return {
    summary: summary.replace(/[.:;]$/, ""),
    description,
    ...readErrors(at < 0 ? "" : text.slice(text.indexOf("Errors:", at) + "Errors:".length)),
  };
}

/** `A, B (when), C for this, as Other.` */
function readErrors(sentence: string): Pick<MethodComment, "errors" | "errorsAs"> {
  const errors: NamedReason[] = [];
  const errorsAs: string[] = [];
  for (const item of splitItems(sentence)) {
    const [, reason, rest = ""] = /^([A-Z][A-Z0-9_]{2,})\b\s*(.*)$/s.exec(item) ?? [];
    const other = /^as ([\w.]+)$/.exec(item)?.[1];
    const last = errors.at(-1);
    if (reason !== undefined) errors.push({ reason, note: rest.replace(/^\((.*)\)$/s, "$1").trim() });
    else if (other !== undefined) errorsAs.push(other);
    else if (last !== undefined && item !== "") last.note = last.note === "" ? item : `${last.note}, ${item}`;
  }
  return { errors, errorsAs };
}

/** The items of an enumeration: commas part them, but not inside parentheses. */
function splitItems(sentence: string): string[] {
  const items = [""];
  let depth = 0;
  for (const char of sentence) {
    if (char === "(") depth++;
    if (char === ")") depth--;
    if (char === "," && depth === 0) items.push("");
    else items.push(items.pop() + char);
  }
  return items.map((item) => item.trim().replace(/\.$/, ""));
}
