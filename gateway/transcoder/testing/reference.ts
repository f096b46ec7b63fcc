/**
 * What the router is to find, said as plainly as possible: every route is held against every reading of the
 * path, all that fit are gathered, and the best is taken. Slow, and sharing nothing with the router or the
 * parser of templates, so that the two can be held against each other.
 */

export interface ReferenceRoute {
  httpMethod: string;
  template: string;
}

/** What a request leads to. `captures` has the text of each variable, by its field path. */
export type Reference =
  | { kind: "found"; route: ReferenceRoute; captures: Record<string, string> }
  | { kind: "otherMethod"; allow: string[] }
  | { kind: "none" }
  | { kind: "invalid" };

interface Pattern {
  route: ReferenceRoute;
  segments: string[];
  verb: string;
  variables: { name: string; from: number; to: number }[];
}

/** A template written out: variables replaced by their segments, with where those begin and end. */
export function writtenOut(route: ReferenceRoute): Pattern {
  const match = /^\/((?:[^{}:]|\{[^}]*\})*)(?::(.*))?$/.exec(route.template);
  if (match === null) throw new TypeError(`no template: ${route.template}`);
  const variables: Pattern["variables"] = [];
  const segments: string[] = [];
  for (const part of (match[1] ?? "").match(/\{[^}]*\}|[^/]+/g) ?? []) {
    if (part.startsWith("{")) {
      const [name = "", inner = "*"] = part.slice(1, -1).split("=");
      const from = segments.length;
      segments.push(...inner.split("/"));
      variables.push({ name, from, to: segments.length });
    } else {
      segments.push(part);
    }
  }
  return { route, segments, verb: decodeURIComponent(match[2] ?? ""), variables };
}

/** Ways to take a path: as it is, or without a last `:verb`; each also without one trailing slash. */
function readings(path: string): { segments: string[]; verb: string }[] {
  const whole = path.slice(1).split("/");
  const found = [{ segments: whole, verb: "" }];
  const bare = whole.length > 1 && whole.at(-1) === "" ? whole.slice(0, -1) : whole;
  const last = bare.at(-1) ?? "";
  const colon = last.lastIndexOf(":");
  if (colon >= 0 && colon < last.length - 1) {
    const base = [...bare.slice(0, -1), last.slice(0, colon)];
    found.push({ segments: base, verb: decodeURIComponent(last.slice(colon + 1)) });
  }
  return found;
}

/** Whether segments fit a pattern one by one; `**` takes what is left, however much that is. */
function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  const [first, ...others] = pattern;
  if (first === undefined) return segments.length === 0;
  if (first === "**") return true;
  const [segment, ...rest] = segments;
  if (segment === undefined) return false;
  if (first === "*" ? segment === "" : decodeURIComponent(segment) !== decodeURIComponent(first))
    return false;
  return fits(others, rest);
}

/** Orders patterns: at the first segment they differ in, a literal or the end is before `*`, that before `**`. */
function rank(segments: readonly string[]): string {
  return segments.map((segment) => (segment === "**" ? "2" : segment === "*" ? "1" : "0")).join("");
}

export function referenceFind(patterns: readonly Pattern[], httpMethod: string, path: string): Reference {
  if (!path.startsWith("/")) return { kind: "none" };
  try {
    path.split("/").map(decodeURIComponent);
  } catch {
    return { kind: "invalid" };
  }
  const candidates: { pattern: Pattern; segments: string[]; order: string; methodRank: number }[] = [];
  const allow = new Set<string>();
  for (const { segments, verb } of readings(path)) {
    for (const pattern of patterns) {
      if (pattern.verb !== verb) continue;
      const open = pattern.segments.at(-1) === "**";
      const bare = segments.length > 1 && segments.at(-1) === "" ? segments.slice(0, -1) : segments;
      if (!fits(pattern.segments, segments) && (open || !fits(pattern.segments, bare))) continue;
      const { httpMethod: served } = pattern.route;
      allow.add(served);
      if (served === "GET") allow.add("HEAD");
      const methodRank = [httpMethod, httpMethod === "HEAD" ? "GET" : "", "*"].indexOf(served);
      if (methodRank < 0) continue;
      const order = `${verb === "" ? "1" : "0"}${rank(pattern.segments)}`;
      candidates.push({ pattern, segments, order, methodRank });
    }
  }
  candidates.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : a.methodRank - b.methodRank));
  const [best] = candidates;
  if (best === undefined) {
    if (allow.size === 0) return { kind: "none" };
    return {
      kind: "otherMethod",
      allow: [...allow, "OPTIONS"].sort().filter((name, i, all) => name !== all[i - 1]),
    };
  }
  const captures = Object.fromEntries(
    best.pattern.variables.map(({ name, from, to }) => {
      const inner = best.pattern.segments.slice(from, to);
      const taken = best.segments.slice(from, inner.at(-1) === "**" ? undefined : to);
      const several = inner.length > 1 || inner[0] === "**";
      return [
        name,
        taken.map((segment) => (several ? decodeKept(segment) : decodeURIComponent(segment))).join("/"),
      ];
    }),
  );
  return { kind: "found", route: best.pattern.route, captures };
}

/** Percent-decoding that leaves `%2F` as it is spelled. */
function decodeKept(segment: string): string {
  return segment
    .split(/(%2f)/i)
    .map((part) => (/^%2f$/i.test(part) ? part : decodeURIComponent(part)))
    .join("");
}
