type HeadersInit = ConstructorParameters<typeof Headers>[0];
type Visit = Parameters<Headers["forEach"]>[0];

/**
 * Headers that become Headers when more is asked of them than one value. Of most calls nobody asks more, and making
 * the three Headers of a call took as long as a small handler. Behaves as `new Headers(init)` does, but a record that
 * cannot stand in headers is refused only when they are made.
 */
export class LazyHeaders implements Headers {
  readonly #record: Readonly<Record<string, string>> | undefined;
  #made: Headers | undefined;

  /** A record belongs to the headers from now on: nobody else may change it. */
  constructor(init?: HeadersInit) {
    if (init !== undefined && isRecord(init)) this.#record = init;
    else if (init !== undefined) this.#made = new Headers(init);
  }

  get(name: string): string | null {
    if (this.#made === undefined) {
      if (this.#record === undefined) return null;
      const value = find(this.#record, name);
      if (value !== undefined) return value;
    }
    return this.#headers().get(name);
  }

  has(name: string): boolean {
    return this.#headers().has(name);
  }
  set(name: string, value: string): void {
    this.#headers().set(name, value);
  }
  append(name: string, value: string): void {
    this.#headers().append(name, value);
  }
  delete(name: string): void {
    this.#headers().delete(name);
  }
  getSetCookie(): string[] {
    return this.#isEmpty() ? [] : this.#headers().getSetCookie();
  }
  forEach(visit: Visit, thisArg?: unknown): void {
    if (!this.#isEmpty()) this.#headers().forEach(visit, thisArg);
  }
  entries(): ReturnType<Headers["entries"]> {
    return this.#headers().entries();
  }
  keys(): ReturnType<Headers["keys"]> {
    return this.#headers().keys();
  }
  values(): ReturnType<Headers["values"]> {
    return this.#headers().values();
  }
  [Symbol.iterator](): ReturnType<Headers["entries"]> {
    return this.#headers().entries();
  }

  #isEmpty(): boolean {
    return this.#made === undefined && this.#record === undefined;
  }

  #headers(): Headers {
    this.#made ??= new Headers(this.#record);
    return this.#made;
  }
}

function isRecord(init: NonNullable<HeadersInit>): init is Record<string, string> {
  const prototype: unknown = Object.getPrototypeOf(init);
  return prototype === Object.prototype || prototype === null;
}

/**
 * The value of a header, null when there is none; undefined when Headers have to say: the name is spelled otherwise
 * here or there, or the value has space around it.
 */
function find(record: Readonly<Record<string, string>>, name: string): string | null | undefined {
  let value: string | null = null;
  for (const key in record) {
    if (key === name) value = record[key] as string;
    else if (key.length === name.length && key.toLowerCase() === name.toLowerCase()) return undefined;
  }
  return value === null || isTrimmed(value) ? value : undefined;
}

function isTrimmed(value: string): boolean {
  return value === "" || (value.charCodeAt(0) > space && value.charCodeAt(value.length - 1) > space);
}

const space = 0x20;
