import { BadInput } from "./bad-input.ts";
import type { Template, Variable } from "./template.ts";

/** What a path leads to: a route, nothing, or routes for other HTTP methods only. */
export type Match<T> =
  | { readonly kind: "found"; readonly route: T; readonly segments: readonly string[] }
  | { readonly kind: "none" }
  | { readonly kind: "otherMethod"; readonly allow: readonly string[] };

type Leaf<T> = Map<string, Map<string, T>>; // verb → HTTP method → route

interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  star: Node<T> | undefined;
  /** Paths that end here. */
  ends: Leaf<T> | undefined;
  /** Paths that go on with `**`. */
  rest: Leaf<T> | undefined;
}

/** Matches any HTTP method that no other route of the path names (`custom: { kind: "*" }`). */
const anyMethod = "*";

/**
 * A trie over path segments. A path is split at its slashes before anything is decoded, so `%2F` is data.
 * At each segment a literal is tried before `*` before `**`, whatever the order of declaration, going back
 * when the rest of the path, or the HTTP method, does not fit. A last `:verb` counts only when some route has
 * that verb and leads somewhere; otherwise it is data. One trailing slash is ignored, save under `**`, whose
 * capture keeps it.
 */
export class Router<T> {
  readonly #root: Node<T> = newNode();
  readonly #verbs = new Set<string>();
  /**
   * The routes of templates that are literals alone, by the path that they spell without escapes. Literals come before
   * all else, so that such a path leads to its route, unless that is for other methods only.
   */
  readonly #fixed = new Map<string, Map<string, T>>();

  /** Adds a route; answers the route already there when method and path shape are taken, and adds nothing. */
  add(httpMethod: string, template: Template, route: T): T | undefined {
    let node = this.#root;
    let leaf: Leaf<T> | undefined;
    for (const segment of template.segments) {
      if (segment.kind === "doubleStar") {
        node.rest ??= new Map();
        leaf = node.rest;
      } else if (segment.kind === "star") {
        node.star ??= newNode();
        node = node.star;
      } else {
        let child = node.literals.get(segment.value);
        if (child === undefined) node.literals.set(segment.value, (child = newNode()));
        node = child;
      }
    }
    if (leaf === undefined) {
      node.ends ??= new Map();
      leaf = node.ends;
    }
    let methods = leaf.get(template.verb);
    if (methods === undefined) leaf.set(template.verb, (methods = new Map()));
    const taken = methods.get(httpMethod);
    if (taken !== undefined) return taken;
    methods.set(httpMethod, route);
    const fixed = fixedPath(template);
    if (fixed !== undefined) this.#fixed.set(fixed, methods);
    if (template.verb !== "") this.#verbs.add(template.verb);
    return undefined;
  }

  /** Finds the route of a raw (undecoded) path without query. Throws BadInput when octets are not UTF-8. */
  find(httpMethod: string, path: string): Match<T> {
    const fixed = this.#fixed.get(path)?.get(httpMethod);
    if (fixed !== undefined) return { kind: "found", route: fixed, segments: noSegments };
    if (path.charCodeAt(0) !== slash) return { kind: "none" };
    const raw = path.slice(1).split("/");
    const decoded = path.includes("%") ? raw.map(decodeOctets) : raw;
    const search = new Search<T>(httpMethod);
    if (this.#verbs.size > 0 && path.includes(":")) {
      const last = raw.length > 1 && raw.at(-1) === "" ? raw.length - 2 : raw.length - 1;
      const segment = raw[last] ?? "";
      const colon = segment.lastIndexOf(":");
      const verb = colon < 0 ? "" : decodeOctets(segment.slice(colon + 1));
      if (verb !== "" && this.#verbs.has(verb)) {
        const base = raw.slice(0, last + 1);
        base[last] = segment.slice(0, colon);
        const route = search.run(this.#root, base, base.map(decodeOctets), verb);
        if (route !== undefined) return { kind: "found", route, segments: base };
      }
    }
    const route = search.run(this.#root, raw, decoded, "");
    if (route !== undefined) return { kind: "found", route, segments: raw };
    return search.allow === undefined
      ? { kind: "none" }
      : { kind: "otherMethod", allow: [...search.allow].sort() };
  }
}

/**
 * The text a variable captured from the raw segments of a match, each octet decoded once. Of several segments
 * `%2F` stays as it came, so that it differs from a separator; with `decodeSlashes` only a lone segment's does
 * (`fully_decode_reserved_expansion` of google.api.Http).
 */
export function capture(variable: Variable, segments: readonly string[], decodeSlashes = false): string {
  if (!variable.multi) return decodeOctets(segments[variable.start] ?? "");
  const captured = segments.slice(variable.start, variable.end);
  const raw = captured.join("/");
  if (decodeSlashes && captured.length > 1) return decodeOctets(raw);
  return raw.includes("%") ? decodeOctets(raw.replace(/%(2[fF])/g, "%25$1")) : raw;
}

const slash = 0x2f;
/** Nothing of a fixed path is captured. */
const noSegments: readonly string[] = [];

/** The path of a template that is literals alone; undefined for others, and for one that needs escapes. */
function fixedPath({ segments, variables, verb }: Template): string | undefined {
  if (variables.length > 0) return undefined;
  let path = "";
  for (const segment of segments) {
    if (segment.kind !== "literal" || !unescaped.test(segment.value)) return undefined;
    path += `/${segment.value}`;
  }
  if (verb === "") return path;
  return unescaped.test(verb) ? `${path}:${verb}` : undefined;
}

/** What stands in a path as it is; no `%`, `/` or `:`, which would be read as something else. */
const unescaped = /^[\w.~!$&'()+,;=@-]+$/;

function newNode<T>(): Node<T> {
  return { literals: new Map(), star: undefined, ends: undefined, rest: undefined };
}

function decodeOctets(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new BadInput("the path is not percent-encoded UTF-8", "path");
  }
}

/** One walk down the trie; remembers the methods of the leaves it had to pass by. */
class Search<T> {
  readonly #httpMethod: string;
  #raw: readonly string[] = [];
  #decoded: readonly string[] = [];
  #verb = "";
  allow: Set<string> | undefined;

  constructor(httpMethod: string) {
    this.#httpMethod = httpMethod;
  }

  run(root: Node<T>, raw: readonly string[], decoded: readonly string[], verb: string): T | undefined {
    this.#raw = raw;
    this.#decoded = decoded;
    this.#verb = verb;
    return this.#walk(root, 0);
  }

  /** Each node of a trie can be entered at one index only, so this is linear in the trie at worst. */
  #walk(node: Node<T>, index: number): T | undefined {
    const length = this.#raw.length;
    if (index === length || (index === length - 1 && index > 0 && this.#raw[index] === "")) {
      const route = this.#pick(node.ends);
      if (route !== undefined) return route;
    }
    if (index < length) {
      const child = node.literals.get(this.#decoded[index] ?? "");
      if (child !== undefined) {
        const route = this.#walk(child, index + 1);
        if (route !== undefined) return route;
      }
      if (node.star !== undefined && this.#raw[index] !== "") {
        const route = this.#walk(node.star, index + 1);
        if (route !== undefined) return route;
      }
    }
    return this.#pick(node.rest);
  }

  #pick(leaf: Leaf<T> | undefined): T | undefined {
    const methods = leaf?.get(this.#verb);
    if (methods === undefined) return undefined;
    const route =
      methods.get(this.#httpMethod) ??
      (this.#httpMethod === "HEAD" ? methods.get("GET") : undefined) ??
      methods.get(anyMethod);
    if (route !== undefined) return route;
    this.allow ??= new Set(["OPTIONS"]);
    for (const method of methods.keys()) {
      this.allow.add(method);
      if (method === "GET") this.allow.add("HEAD");
    }
    return undefined;
  }
}
