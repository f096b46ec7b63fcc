/** An element of the top-level array: its text and the line (from 1) on which it begins. */
export interface ArrayElement {
  line: number;
  text: string;
}

/** The file is not one JSON array; `line` is where that shows. */
export class NotAnArray extends Error {
  override readonly name = "NotAnArray";
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/**
 * Cuts the text of a JSON array into its elements without parsing them, so that each is reported by
 * its line and a malformed one does not take the others with it. Only strings and brackets are
 * understood: `array = "[" [ element { "," element } ] "]"`, and an element goes on until a comma or
 * bracket at its own depth.
 *
 * @throws NotAnArray when the text does not begin with `[`, ends within the array, or goes on after it.
 */
export function scanJsonArray(text: string): ArrayElement[] {
  const scanner = new Scanner(text);
  scanner.skipBlanks();
  if (scanner.peek() !== "[") throw new NotAnArray(scanner.line, "the file must be a JSON array of products");
  scanner.next();
  const elements: ArrayElement[] = [];
  scanner.skipBlanks();
  if (scanner.peek() === "]") {
    scanner.next();
  } else {
    do {
      scanner.skipBlanks();
      const { line } = scanner;
      elements.push({ line, text: scanner.element() });
    } while (scanner.next() === ",");
  }
  scanner.skipBlanks();
  if (scanner.peek() !== undefined) throw new NotAnArray(scanner.line, "there is something after the array");
  return elements;
}

class Scanner {
  line = 1;
  #at: number;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    this.#at = text.startsWith("\ufeff") ? 1 : 0;
  }

  peek(): string | undefined {
    return this.#text[this.#at];
  }

  next(): string | undefined {
    const char = this.#text[this.#at];
    this.#at += 1;
    if (char === "\n") this.line += 1;
    return char;
  }

  skipBlanks(): void {
    for (let char = this.peek(); char !== undefined && " \t\r\n".includes(char); char = this.peek())
      this.next();
  }

  /** Reads up to the comma or bracket that ends the element, and leaves that unread. */
  element(): string {
    const start = this.#at;
    const { line } = this;
    let depth = 0;
    for (;;) {
      const char = this.peek();
      if (char === undefined) throw new NotAnArray(line, "the file ends within the product that begins here");
      if (depth === 0 && (char === "," || char === "]")) return this.#text.slice(start, this.#at).trimEnd();
      this.next();
      if (char === '"') this.#string();
      else if (char === "{" || char === "[") depth += 1;
      else if ((char === "}" || char === "]") && depth > 0) depth -= 1;
    }
  }

  /** Reads to the end of a string; a raw line break ends it too, so that a forgotten quote stays in its line. */
  #string(): void {
    for (let char = this.peek(); char !== undefined && char !== "\n"; char = this.peek()) {
      this.next();
      if (char === '"') return;
      if (char === "\\" && this.peek() !== "\n") this.next();
    }
  }
}
