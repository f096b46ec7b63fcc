/**
 * Finds the cycles of a directed graph: one shortest cycle for each strongly connected component (Tarjan 1972),
 * starting at the component's first node by name. A node that points at itself is a cycle of one.
 * Edges to nodes that are no keys of the graph are ignored.
 */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  return components(graph)
    .map((component) => shortestCycle({ graph, component }))
    .filter((cycle) => cycle !== undefined)
    .sort((a, b) => ((a[0] ?? "") < (b[0] ?? "") ? -1 : 1));
}

interface Frame {
  readonly node: string;
  readonly edges: Iterator<string>;
}

/** Tarjan's algorithm with a stack of its own, for chains of imports deeper than the call stack is meant for. */
function components(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const pending: string[] = [];
  const isPending = new Set<string>();
  const found: string[][] = [];

  const enter = (node: string): Frame => {
    order.set(node, order.size);
    low.set(node, order.size - 1);
    pending.push(node);
    isPending.add(node);
    return { node, edges: (graph.get(node) ?? []).filter((next) => graph.has(next)).values() };
  };
  const lower = (node: string, value: number | undefined) =>
    low.set(node, Math.min(low.get(node) ?? Number.POSITIVE_INFINITY, value ?? Number.POSITIVE_INFINITY));
  const leave = (node: string) => {
    if (low.get(node) !== order.get(node)) return;
    const component = pending.splice(pending.lastIndexOf(node));
    for (const member of component) isPending.delete(member);
    found.push(component);
  };

  for (const root of graph.keys()) {
    if (order.has(root)) continue;
    const frames = [enter(root)];
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      const step = frame.edges.next();
      if (step.done === true) {
        frames.pop();
        leave(frame.node);
        const parent = frames.at(-1);
        if (parent !== undefined) lower(parent.node, low.get(frame.node));
      } else if (!order.has(step.value)) {
        frames.push(enter(step.value));
      } else if (isPending.has(step.value)) {
        lower(frame.node, order.get(step.value));
      }
    }
  }
  return found;
}

/** Breadth first from the component's first node back to itself; undefined when there is no way back. */
function shortestCycle({
  graph,
  component,
}: {
  graph: ReadonlyMap<string, readonly string[]>;
  component: readonly string[];
}): string[] | undefined {
  const members = new Set(component);
  const start = [...component].sort()[0];
  if (start === undefined) return undefined;
  const paths: string[][] = [[start]];
  const seen = new Set<string>();
  for (let path = paths.shift(); path !== undefined; path = paths.shift()) {
    for (const next of graph.get(path.at(-1) ?? "") ?? []) {
      if (next === start) return path;
      if (!members.has(next) || seen.has(next)) continue;
      seen.add(next);
      paths.push([...path, next]);
    }
  }
  return undefined;
}
