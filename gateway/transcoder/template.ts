/**
 * Path templates of google.api.http. The grammar, from google/api/http.proto:
 *
 *   Template  = "/" Segments [ Verb ] ;
 *   Segments  = Segment { "/" Segment } ;
 *   Segment   = "*" | "**" | LITERAL | Variable ;
 *   Variable  = "{" FieldPath [ "=" Segments ] "}" ;
 *   FieldPath = IDENT { "." IDENT } ;
 *   Verb      = ":" LITERAL ;
 *
 * `**` may only be the last segment; variables do not nest. A LITERAL is made of unreserved characters,
 * sub-delimiters, "@" and percent-encoded octets; it is compared decoded, so every spelling of it matches.
 * One rule below is one function.
 */

export type Segment = { kind: "literal"; value: string } | { kind: "star" } | { kind: "doubleStar" };

/** A part of the path bound to a field. */
export interface Variable {
  /** Proto names, outermost first. */
  readonly fieldPath: readonly string[];
  /** Index of the first segment. */
  readonly start: number;
  /** Index after the last segment; undefined when `**` ends it, which is wherever the path ends. */
  readonly end: number | undefined;
  /** Whether it may hold several segments: then `%2F` stays as it came, so that it differs from a separator. */
  readonly multi: boolean;
}

export interface Template {
  /** As it was written. */
  readonly source: string;
  readonly segments: readonly Segment[];
  readonly variables: readonly Variable[];
  /** Without the colon; empty when there is none. */
  readonly verb: string;
}

/** A template that breaks the grammar; the column counts from 1. */
class TemplateError extends Error {
  constructor(source: string, position: number, problem: string) {
    super(`path template ${JSON.stringify(source)}, column ${position + 1}: ${problem}`);
    this.name = "TemplateError";
  }
}

const identPattern = /[A-Za-z_][A-Za-z0-9_]*/y;
const literalPattern = /(?:[A-Za-z0-9\-._~!$&'()+,;@]|%[0-9A-Fa-f]{2})+/y;

/** Parses a template. Throws TemplateError. */
export function parseTemplate(source: string): Template {
  return new TemplateParser(source).template();
}

class TemplateParser {
  readonly #source: string;
  #position = 0;
  readonly #segments: Segment[] = [];
  readonly #variables: Variable[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  template(): Template {
    this.#expect("/", "a template starts with '/'");
    this.#segmentList(false);
    const verb = this.#peek() === ":" ? this.#verb() : "";
    if (this.#position < this.#source.length) throw this.#error(`unexpected '${this.#peek()}'`);
    return { source: this.#source, segments: this.#segments, variables: this.#variables, verb };
  }

  #segmentList(inVariable: boolean): void {
    this.#segment(inVariable);
    while (this.#peek() === "/") {
      if (this.#segments.at(-1)?.kind === "doubleStar") throw this.#error("'**' must be the last segment");
      this.#position++;
      this.#segment(inVariable);
    }
  }

  #segment(inVariable: boolean): void {
    switch (this.#peek()) {
      case "*":
        this.#position++;
        if (this.#peek() !== "*") {
          this.#segments.push({ kind: "star" });
          return;
        }
        this.#position++;
        this.#segments.push({ kind: "doubleStar" });
        return;
      case "{":
        if (inVariable) throw this.#error("variables do not nest");
        this.#variable();
        return;
      default:
        this.#segments.push({ kind: "literal", value: this.#literal() });
    }
  }

  #variable(): void {
    const opened = this.#position;
    this.#position++;
    const fieldPath = this.#fieldPath();
    const start = this.#segments.length;
    if (this.#peek() === "=") {
      this.#position++;
      this.#segmentList(true);
    } else {
      this.#segments.push({ kind: "star" });
    }
    this.#expect("}", "expected '}'");
    const name = fieldPath.join(".");
    if (this.#variables.some((other) => other.fieldPath.join(".") === name)) {
      this.#position = opened;
      throw this.#error(`variable ${name} is bound twice`);
    }
    const open = this.#segments.at(-1)?.kind === "doubleStar";
    const end = open ? undefined : this.#segments.length;
    this.#variables.push({ fieldPath, start, end, multi: open || this.#segments.length - start > 1 });
  }

  #fieldPath(): string[] {
    const path = [this.#match(identPattern, "expected a field name")];
    while (this.#peek() === ".") {
      this.#position++;
      path.push(this.#match(identPattern, "expected a field name"));
    }
    return path;
  }

  #verb(): string {
    this.#position++;
    return this.#literal();
  }

  #literal(): string {
    const start = this.#position;
    const text = this.#match(literalPattern, "expected '*', '**', a literal or a variable");
    try {
      return decodeURIComponent(text);
    } catch {
      this.#position = start;
      throw this.#error("percent-encoded octets are not UTF-8");
    }
  }

  #match(pattern: RegExp, problem: string): string {
    pattern.lastIndex = this.#position;
    const text = pattern.exec(this.#source)?.[0];
    if (text === undefined) throw this.#error(problem);
    this.#position += text.length;
    return text;
  }

  #expect(character: string, problem: string): void {
    if (this.#peek() !== character) throw this.#error(problem);
    this.#position++;
  }

  #peek(): string | undefined {
    return this.#source[this.#position];
  }

  #error(problem: string): TemplateError {
    return new TemplateError(this.#source, this.#position, problem);
  }
}
