import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";

/**
 * Postgres stores neither a NUL nor, in JSON, half a surrogate pair, though both are valid strings of JavaScript.
 * Looks for such text anywhere in a message: fields, map keys, lists, oneofs and nested messages.
 */
export interface TextCheck {
  /** The fields at fault, by their proto path; empty for nearly every message. */
  (message: Message): { field: string; description: string }[];
}

/** Compiles the check of a message type; what it looks at, in a message without fault, is its text alone. */
export function compileTextCheck(desc: DescMessage): TextCheck {
  const visit = compile(desc, new Map());
  return (message) => {
    if (visit === undefined || visit(message as Fields)) return [];
    const found: string[] = [];
    collect(reflect(desc, message), "", found);
    return found.map((field) => ({ field, description: unstorable }));
  };
}

const unstorable = "must not hold a NUL character or half a surrogate pair";

function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

type Fields = Record<string, unknown>;

/** Whether all text of a value can be stored. */
type Visit<T> = (value: T) => boolean;

/** Undefined for a type without text. A type that holds itself finds its own visit, filled in later, in `known`. */
function compile(desc: DescMessage, known: Map<DescMessage, Visit<Fields> | undefined>) {
  if (known.has(desc)) return known.get(desc);
  let visits: Visit<Fields>[] = [];
  const all: Visit<Fields> = (message) => {
    for (const visit of visits) if (!visit(message)) return false;
    return true;
  };
  known.set(desc, all);
  visits = desc.fields.flatMap((field) => compileField(field, known) ?? []);
  if (visits.length > 0) return all;
  known.set(desc, undefined);
  return undefined;
}

function compileField(
  field: DescField,
  known: Map<DescMessage, Visit<Fields> | undefined>,
): Visit<Fields> | undefined {
  const { localName, oneof } = field;
  const visit = compileValue(field, known);
  if (visit === undefined) return undefined;
  if (oneof !== undefined) {
    return (message) => {
      const chosen = message[oneof.localName] as { case?: string; value?: unknown };
      return chosen.case !== localName || visit(chosen.value);
    };
  }
  return (message) => {
    const value = message[localName];
    return value === undefined || visit(value);
  };
}

function compileValue(
  field: DescField,
  known: Map<DescMessage, Visit<Fields> | undefined>,
): Visit<unknown> | undefined {
  const single = compileSingle(field, known);
  switch (field.fieldKind) {
    case "list":
      return single && ((list) => (list as unknown[]).every(single));
    case "map": {
      const keys = field.mapKey === ScalarType.STRING ? isStorable : undefined;
      if (keys === undefined && single === undefined) return undefined;
      return (map) =>
        Object.entries(map as object).every(
          ([key, value]) => (keys?.(key) ?? true) && (single?.(value) ?? true),
        );
    }
    case "message":
    case "scalar":
    case "enum":
      return single;
    default:
      return field satisfies never;
  }
}

function compileSingle(
  { scalar, message }: DescField,
  known: Map<DescMessage, Visit<Fields> | undefined>,
): Visit<unknown> | undefined {
  if (scalar === ScalarType.STRING) return isStorable as Visit<unknown>;
  if (message === undefined) return undefined;
  // Wrappers and Structs stand in messages as plain values, whose form their descriptors do not show.
  if (/^google\.protobuf\.(?:\w*Value|Struct)$/.test(message.typeName)) return isPlainStorable;
  return compile(message, known) as Visit<unknown> | undefined;
}

function isPlainStorable(value: unknown): boolean {
  if (typeof value === "string") return isStorable(value);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return true;
  return Object.entries(value).every(([key, each]) => isStorable(key) && isPlainStorable(each));
}

/** The slow way, once something is known to be at fault: through reflection, which knows every form. */
function collect(message: ReflectMessage, prefix: string, found: string[]): void {
  for (const field of message.desc.fields) {
    if (!message.isSet(field)) continue;
    const path = prefix + field.name;
    switch (field.fieldKind) {
      case "list":
        for (const [i, each] of message.get(field).entries()) collectValue(each, `${path}[${i}]`, found);
        break;
      case "map":
        for (const [key, each] of message.get(field)) {
          const entry = `${path}[${JSON.stringify(key)}]`;
          if (typeof key === "string" && !isStorable(key)) found.push(entry);
          collectValue(each, entry, found);
        }
        break;
      case "message":
      case "scalar":
        collectValue(message.get(field), path, found);
        break;
      case "enum":
        break;
      default:
        field satisfies never;
    }
  }
}

function collectValue(value: unknown, path: string, found: string[]): void {
  if (typeof value === "string") {
    if (!isStorable(value)) found.push(path);
  } else if (typeof value === "object" && value !== null && "desc" in value) {
    collect(value as ReflectMessage, `${path}.`, found);
  }
}
