import type { JsonValue } from "@bufbuild/protobuf";
import { BadInput, quote } from "./bad-input.ts";

/**
 * A cursor over JSON text (RFC 8259) that readers pull typed values from, so that a message is made without
 * a tree between. It knows where it is (`names`, as the client spelled them), bounds the depth, and refuses
 * what JSON.parse lets pass: a name given twice. Numbers are handed out as text, so that 64-bit integers stay
 * exact. Everything it refuses is thrown as BadInput.
 */
export class JsonText {
  readonly text: string;
  position = 0;
  /** Open objects and arrays. */
  depth = 0;
  readonly maxDepth: number;
  /** Member name or index at each depth; entries at and above `depth` are stale. */
  readonly #names: (string | number)[] = [];
  #nameCount = 0;

  constructor(text: string, maxDepth: number) {
    this.text = text;
    this.maxDepth = maxDepth;
  }

  /** The place being read, e.g. `lines[2].unitPrice`; empty at the root. */
  path(): string {
    let path = "";
    for (const name of this.#names.slice(0, this.#nameCount)) {
      if (typeof name === "number") path += `[${name}]`;
      else if (/^[A-Za-z_$@][\w$@]*$/.test(name)) path += path === "" ? name : `.${name}`;
      else path += `[${quote(name)}]`;
    }
    return path;
  }

  /** The code of the next character that is no white space, or NaN at the end. */
  peek(): number {
    const { text } = this;
    for (;;) {
      const code = text.charCodeAt(this.position);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.position++;
    }
  }

  malformed(expected: string): BadInput {
    if (this.position >= this.text.length)
      return new BadInput(`malformed JSON: it ends where ${expected} is due`);
    return new BadInput(`malformed JSON at character ${this.position + 1}: expected ${expected}`);
  }

  /** Opens an object or array; throws when that is too deep or the next character is another. */
  open(bracket: "{" | "[", expected: string): void {
    if (this.peek() !== bracket.charCodeAt(0)) throw this.mismatch(expected);
    if (++this.depth > this.maxDepth) throw new BadInput(`is nested deeper than ${this.maxDepth} levels`);
    this.position++;
    this.#names[this.depth - 1] = "";
  }

  /** The next member's name, or undefined (and the object closed) at its end. */
  member(first: boolean): string | undefined {
    if (!this.#next(closeBrace, first)) return undefined;
    this.#nameCount = this.depth - 1;
    if (this.peek() !== doubleQuote) throw this.malformed("a member name");
    const name = this.string();
    if (this.peek() !== colon) throw this.malformed("':'");
    this.position++;
    this.#names[this.depth - 1] = name;
    this.#nameCount = this.depth;
    return name;
  }

  /** As `member`, but only when it is spelled exactly like this: `quoted` is the name in quotes and a colon. */
  takeMember(first: boolean, name: string, quoted: string): boolean {
    let at = this.position;
    if (!first) {
      if (this.text.charCodeAt(at) !== comma) return false;
      at++;
    }
    if (!this.text.startsWith(quoted, at)) return false;
    this.position = at + quoted.length;
    this.#names[this.depth - 1] = name;
    this.#nameCount = this.depth;
    return true;
  }

  /** Whether an item with this index follows; at the array's end it is closed. */
  item(index: number): boolean {
    if (!this.#next(closeBracket, index === 0)) return false;
    this.#names[this.depth - 1] = index;
    this.#nameCount = this.depth;
    return true;
  }

  /** Consumes `null` when it is next. */
  takeNull(): boolean {
    if (this.peek() !== 0x6e || !this.text.startsWith("null", this.position)) return false;
    this.position += 4;
    return true;
  }

  /** A wrong type: what comes next starts well as JSON but is not what the field takes. */
  mismatch(expected: string): BadInput {
    const code = this.peek();
    const plausible =
      code === openBrace || code === openBracket || code === doubleQuote || isNumberStart(code);
    if (plausible || /^(?:true|false|null)/.test(this.text.slice(this.position, this.position + 5))) {
      return new BadInput(`must be ${expected}`);
    }
    return this.malformed("a value");
  }

  boolean(): boolean {
    this.peek();
    if (this.text.startsWith("true", this.position)) {
      this.position += 4;
      return true;
    }
    if (this.text.startsWith("false", this.position)) {
      this.position += 5;
      return false;
    }
    throw this.mismatch("true or false");
  }

  /** The next string, decoded; throws unless `peek()` is a quote. Lone surrogates are refused: UTF-8 has none. */
  string(): string {
    const { text } = this;
    const start = this.position + 1;
    let escaped = false;
    let end = start;
    for (; ; end++) {
      const code = text.charCodeAt(end);
      if (code === doubleQuote) break;
      if (code === backslash) {
        escaped = true;
        end++;
      } else if (!(code >= 0x20)) {
        this.position = Math.min(end, text.length);
        throw this.malformed("the end of a string");
      }
    }
    this.position = end + 1;
    if (!escaped) return text.slice(start, end);
    let value: string;
    try {
      value = JSON.parse(text.slice(start - 1, end + 1)) as string;
    } catch {
      this.position = start - 1;
      throw this.malformed("a string with valid escapes");
    }
    if (!value.isWellFormed()) throw new BadInput("has half of a surrogate pair");
    return value;
  }

  /** The next number as it is written; undefined when it is none. */
  takeNumber(): string | undefined {
    if (!isNumberStart(this.peek())) return undefined;
    numberToken.lastIndex = this.position;
    const token = numberToken.exec(this.text)?.[0];
    if (token === undefined) throw this.malformed("a number");
    this.position += token.length;
    return token;
  }

  /** The next number if it is a whole one of few digits, as nearly all are; otherwise undefined, and nothing is taken. */
  takeSmallInteger(): number | undefined {
    const { text } = this;
    let at = this.position;
    const negative = text.charCodeAt(at) === minus;
    if (negative) at++;
    const start = at;
    let value = 0;
    let code = text.charCodeAt(at);
    for (; code >= 0x30 && code <= 0x39; code = text.charCodeAt(++at)) value = value * 10 + code - 0x30;
    const digits = at - start;
    if (digits === 0 || digits > 15 || (digits > 1 && text.charCodeAt(start) === 0x30)) return undefined;
    if (code === 0x2e || code === 0x65 || code === 0x45) return undefined;
    this.position = at;
    return negative ? -value + 0 : value;
  }

  /** The text must end here. */
  end(): void {
    this.peek();
    if (this.position < this.text.length) throw this.malformed("the end");
  }

  /** Any value, as JSON.parse would give it, for the types that take anything. */
  value(): JsonValue {
    switch (this.peek()) {
      case openBrace: {
        const object: { [name: string]: JsonValue } = {};
        this.open("{", "an object");
        let name = this.member(true);
        for (; name !== undefined; name = this.member(false)) {
          if (Object.hasOwn(object, name)) throw new BadInput("is given twice");
          const value = this.value();
          if (name === "__proto__") {
            Object.defineProperty(object, name, {
              value,
              enumerable: true,
              configurable: true,
              writable: true,
            });
          } else {
            object[name] = value;
          }
        }
        return object;
      }
      case openBracket: {
        const array: JsonValue[] = [];
        this.open("[", "an array");
        while (this.item(array.length)) array.push(this.value());
        return array;
      }
      case doubleQuote:
        return this.string();
      case 0x74:
      case 0x66:
        return this.boolean();
      default: {
        if (this.takeNull()) return null;
        const token = this.takeNumber();
        if (token === undefined) throw this.malformed("a value");
        const value = Number(token);
        if (!Number.isFinite(value)) throw new BadInput("is too large for a number");
        return value;
      }
    }
  }

  /** Goes to the next member or item; false (and closed) at the end. */
  #next(closing: number, first: boolean): boolean {
    const code = this.peek();
    if (code === closing) {
      this.position++;
      this.depth--;
      this.#nameCount = this.depth;
      return false;
    }
    if (first) return true;
    if (code !== comma) throw this.malformed(closing === closeBrace ? "',' or '}'" : "',' or ']'");
    this.position++;
    return true;
  }
}

const numberToken = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const doubleQuote = 0x22;
const backslash = 0x5c;
const minus = 0x2d;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

function isNumberStart(code: number): boolean {
  return code === minus || (code >= 0x30 && code <= 0x39);
}
