import type { JsonValue } from "@bufbuild/protobuf";
import type { Random } from "./random.ts";

const values: readonly JsonValue[] = [
  ...[null, true, false, 0, -0, -1, 1.5, 1e21, 1e308, 2 ** 53, -(2 ** 63), 5e-324],
  ...["", " ", "0", "-1", "1e3", "NaN", "Infinity", "9223372036854775808", "true", "null"],
  ...["\0", "a\0b", "\ud800", "\u202e", "\ufeff", "\u{1f980}", "é", "__proto__", "constructor", "toString"],
  ...["../..", "%", "%s%n", "';--", "{{7*7}}", "<script>", "x".repeat(300), "x".repeat(70_000)],
  ...["2026-02-30T00:00:00Z", "9999-12-31T23:59:60Z", "-1s", "1e9s", "title,,", "a.b.c", "*"],
  ...[[], [[]], [null], {}, { a: 1 }, { "": "" }, [1, "a", {}], { seconds: 1 }, { paths: ["title"] }],
];

const texts: readonly ((text: string, random: Random) => string)[] = [
  (text, random) => text.slice(0, random.int(text.length + 1)),
  (text, random) =>
    text.slice(0, random.int(text.length)) + random.pick(["{", "}", ",", '"', "\0", "\\", "[", "1"]) + text,
  (text) => text.replace("{", '{"sku":"A","sku":"B",'),
  (text) => text.replaceAll('"', "'"),
  (text) => `${text}${text}`,
  (text) => `[${text}]`,
  (text) => `${"[".repeat(2_000)}${text}`,
  (text) => `\ufeff${text}`,
  () => "",
];

/** The value with something in it replaced, removed, added or made deep; always another object. */
export function corrupted(value: JsonValue, random: Random): JsonValue {
  if (typeof value !== "object" || value === null || random.once(8)) return random.pick(values);
  if (Array.isArray(value)) {
    const copy = [...value];
    const at = random.int(copy.length + 1);
    copy[at] = at < copy.length ? corrupted(copy[at] as JsonValue, random) : random.pick(values);
    return random.once(20) ? Array(300).fill(copy[0] ?? 1) : copy;
  }
  const copy = { ...value };
  const keys = Object.keys(copy);
  const key = keys[random.int(keys.length)];
  const way = random.int(6);
  if (key === undefined || way === 0) {
    // A plain assignment would set the prototype.
    Object.defineProperty(
      copy,
      random.pick(["colour", "__proto__", "", "id", "state", "etag", "requestId"]),
      {
        value: random.pick(values),
        enumerable: true,
        configurable: true,
      },
    );
  } else if (way === 1) {
    delete copy[key];
  } else {
    copy[key] = corrupted(copy[key] as JsonValue, random);
  }
  return copy;
}

/** JSON text that in most cases is none any more. */
export function corruptedText(text: string, random: Random): string {
  return random.pick(texts)(text, random);
}

/** A path with some characters that do not belong there. */
export function corruptedPath(path: string, random: Random): string {
  const at = 4 + random.int(Math.max(1, path.length - 3));
  const odd = [
    "%00",
    "%2F",
    "%",
    "%ff",
    "%E2%80%AE",
    "//",
    ":x",
    "?",
    "?a=b",
    "&&",
    "=",
    "[",
    "*",
    "..",
    ";a=b",
    "x".repeat(3000),
  ];
  return path.slice(0, at) + random.pick(odd) + path.slice(at);
}
