/** A value of a bracketed form body: `a[b]=1` is `{ a: { b: "1" } }`, `a[0]=x` and `a[]=x` are arrays. */
export type FormValue = string | FormValue[] | FormObject;
export interface FormObject {
  [name: string]: FormValue;
}

const MAX_DEPTH = 10;

/**
 * Reads `application/x-www-form-urlencoded` text with brackets, as Stripe's SDKs write it.
 * Returns undefined for text that cannot be read: a broken escape, unbalanced brackets, a name that is used
 * both as a value and as a group, more than ten levels.
 */
export function parseForm(text: string): FormObject | undefined {
  const pairs = readPairs(text);
  if (pairs === undefined) return undefined;
  const root: FormObject = Object.create(null);
  for (const [name, value] of pairs) {
    const path = keyPath(name);
    if (!path || !put(root, path, value)) return undefined;
  }
  for (const name of Object.keys(root)) root[name] = withArrays(root[name] as FormValue);
  return root;
}

/** Reads flat form text; a repeated name is kept in order. Undefined for a broken escape. */
export function parseFlatForm(text: string): Map<string, string[]> | undefined {
  const pairs = readPairs(text);
  if (pairs === undefined) return undefined;
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  return values;
}

function readPairs(text: string): [name: string, value: string][] | undefined {
  const pairs: [string, string][] = [];
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = decode(equals < 0 ? "" : pair.slice(equals + 1));
    if (name === undefined || value === undefined) return undefined;
    pairs.push([name, value]);
  }
  return pairs;
}

function decode(text: string): string | undefined {
  if (!text.includes("%") && !text.includes("+")) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

function keyPath(name: string): string[] | undefined {
  const open = name.indexOf("[");
  if (open < 0) return name === "" ? undefined : [name];
  if (open === 0 || !/^(\[[^[\]]*\])+$/.test(name.slice(open))) return undefined;
  const path = [name.slice(0, open), ...name.slice(open + 1, -1).split("][")];
  return path.length > MAX_DEPTH ? undefined : path;
}

function put(root: FormObject, path: readonly string[], value: string): boolean {
  let group = root;
  for (const [level, part] of path.entries()) {
    const key = part === "" ? String(Object.keys(group).length) : part;
    const present = group[key];
    if (level === path.length - 1) {
      if (present !== undefined && typeof present !== "string") return false;
      group[key] = value;
      return true;
    }
    if (present === undefined) {
      const child: FormObject = Object.create(null);
      group[key] = child;
      group = child;
    } else if (typeof present === "string" || Array.isArray(present)) return false;
    else group = present;
  }
  return false;
}

/** Groups whose names are 0, 1, 2 … become arrays. */
function withArrays(value: FormValue): FormValue {
  if (typeof value === "string" || Array.isArray(value)) return value;
  const names = Object.keys(value);
  for (const name of names) value[name] = withArrays(value[name] as FormValue);
  return names.length > 0 && names.every((name, index) => name === String(index))
    ? names.map((name) => value[name] as FormValue)
    : value;
}
