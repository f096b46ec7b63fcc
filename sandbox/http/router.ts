/**
 * Templates are paths whose segments are literal or `:name`. Among templates of the same method and length,
 * literal segments win over names, whatever the order in which they were added.
 */
export class Router<H> {
  readonly #routes = new Map<string, { segments: string[]; handler: H }[]>();

  /** Throws when the same method and template was added before. */
  add(method: string, template: string, handler: H): void {
    const segments = split(template);
    const key = `${method} ${segments.length}`;
    const routes = this.#routes.get(key) ?? [];
    if (routes.some((route) => route.segments.join("/") === segments.join("/"))) {
      throw new Error(`route ${method} ${template} is defined twice`);
    }
    routes.push({ segments, handler });
    routes.sort((a, b) => names(a.segments) - names(b.segments));
    this.#routes.set(key, routes);
  }

  match(method: string, path: string): { handler: H; params: Record<string, string> } | undefined {
    const segments = split(path);
    for (const route of this.#routes.get(`${method} ${segments.length}`) ?? []) {
      const params = bind(route.segments, segments);
      if (params) return { handler: route.handler, params };
    }
    return undefined;
  }
}

function split(path: string): string[] {
  const end = path.length > 1 && path.endsWith("/") ? path.length - 1 : path.length;
  return path.slice(1, end).split("/");
}

function names(segments: readonly string[]): number {
  return segments.filter((segment) => segment.startsWith(":")).length;
}

function bind(template: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, expected] of template.entries()) {
    const actual = segments[index] ?? "";
    if (expected.startsWith(":")) {
      if (actual === "") return undefined;
      try {
        params[expected.slice(1)] = decodeURIComponent(actual);
      } catch {
        return undefined;
      }
    } else if (expected !== actual) return undefined;
  }
  return params;
}
