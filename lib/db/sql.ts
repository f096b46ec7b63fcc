import { createHash } from "node:crypto";

/** A statement (or a fragment of one) with its values, made by `sql`. */
export interface Sql {
  /** The text with $1, $2 … where the values go. */
  readonly text: string;
  readonly values: readonly unknown[];
  /** Name of the prepared statement, a hash of the text; undefined when the text is not worth preparing. */
  readonly name: string | undefined;
}

class Statement implements Sql {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly name: string | undefined;
  constructor(text: string, values: readonly unknown[], name: string | undefined) {
    this.text = text;
    this.values = values;
    this.name = name;
  }
}

class Json {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
  /** The hook by which pg asks a value for its text. */
  toPostgres(): string {
    return JSON.stringify(this.value);
  }
}

/** Marks a value for a json or jsonb parameter: without it an array would become a Postgres array. */
export function json(value: unknown): object {
  return new Json(value);
}

interface Template {
  text: string;
  name: string;
}

const templates = new WeakMap<TemplateStringsArray, Template>();

// Names of texts put together from fragments. A connection keeps each named statement for as long as it lives, so
// texts that come in ever new shapes are, past this number, parsed each time instead.
const MAX_COMPOSED_NAMES = 1000;
const composedNames = new Map<string, string>();

/**
 * A statement from a template: each `${value}` becomes a parameter, never text; a nested `sql` fragment becomes text.
 * Takes strings, numbers, booleans, bigints, Dates, null, Uint8Array (bytea), arrays of these, and `json(value)`.
 * Postgres parses a text once per connection, under its name.
 * @throws TypeError for undefined (a forgotten field; write null) and for plain objects outside `json()`
 */
export function sql(strings: TemplateStringsArray, ...values: unknown[]): Sql {
  let composed = false;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === "object" && value !== null) {
      if (value instanceof Statement) composed = true;
      else if (value instanceof Date) values[i] = value.toISOString();
      else refuseUnmarkedObject(value, i);
    } else if (value === undefined) {
      throw new TypeError(`value ${i + 1} of the statement is undefined: ${strings[i]?.trim()} …`);
    }
  }
  if (composed) return compose(strings, values);
  let template = templates.get(strings);
  if (template === undefined) {
    let text = strings[0] ?? "";
    for (let i = 1; i < strings.length; i++) text += `$${i}${strings[i]}`;
    template = { text, name: nameOf(text) };
    templates.set(strings, template);
  }
  return new Statement(template.text, values, template.name);
}

/** The fragments with the separator between them: `joinSql([sql`a = ${1}`, sql`b = ${2}`], sql` and `)`. */
export function joinSql(fragments: readonly Sql[], separator: Sql): Sql {
  return joined(fragments.flatMap((fragment, i) => (i === 0 ? [fragment] : [separator, fragment])));
}

/** A statement from text that a library brings, with $1, $2 … in it; prepared once per connection when it has values. */
export function statement(text: string, values: readonly unknown[] = []): Sql {
  return new Statement(text, values, values.length === 0 ? undefined : nameOfComposed(text));
}

function compose(strings: TemplateStringsArray, values: readonly unknown[]): Sql {
  const parts: (string | Sql | { value: unknown })[] = [strings[0] ?? ""];
  for (let i = 0; i < values.length; i++) {
    parts.push(
      values[i] instanceof Statement ? (values[i] as Sql) : { value: values[i] },
      strings[i + 1] ?? "",
    );
  }
  return joined(parts);
}

function joined(parts: readonly (string | Sql | { value: unknown })[]): Sql {
  let text = "";
  const values: unknown[] = [];
  for (const part of parts) {
    if (typeof part === "string") {
      text += part;
    } else if (part instanceof Statement) {
      const offset = values.length;
      text +=
        offset === 0
          ? part.text
          : part.text.replaceAll(/\$(\d+)/g, (_, n: string) => `$${Number(n) + offset}`);
      values.push(...part.values);
    } else {
      values.push((part as { value: unknown }).value);
      text += `$${values.length}`;
    }
  }
  return new Statement(text, values, nameOfComposed(text));
}

function nameOfComposed(text: string): string | undefined {
  let name = composedNames.get(text);
  if (name === undefined && composedNames.size < MAX_COMPOSED_NAMES) {
    name = nameOf(text);
    composedNames.set(text, name);
  }
  return name;
}

function nameOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}

function refuseUnmarkedObject(value: object, index: number): void {
  const prototype = Object.getPrototypeOf(value) as unknown;
  if (prototype === Object.prototype || prototype === null) {
    throw new TypeError(
      `value ${index + 1} of the statement is an object: write json(value) for a json parameter`,
    );
  }
}
