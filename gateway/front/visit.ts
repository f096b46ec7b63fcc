import type { IncomingMessage, RequestListener } from "node:http";
import type { Principal } from "../../lib/rpc/index.ts";

/** What the front door knows of one request. */
export interface Visit {
  readonly requestId: string;
  /** 32 hex digits. */
  readonly traceId: string;
  /** The client's address, as far as proxies are trusted to tell it. */
  readonly address: string;
  /** Names, in lower case, and values in turn: they go out with every answer that has none of its own. */
  readonly headers: string[];
  /** What was found at the path, as its contract spells it (`/v1/orders/{order_id}`): paths may hold secrets. */
  route: string | undefined;
  /** Who calls, as far as anybody has asked. */
  caller: Principal["kind"];
}

/** A layer of the front door: does its part, then hands the request on, or answers it. */
export type Layer = (next: RequestListener) => RequestListener;

/** Puts layers around a listener; the first one sees a request first. */
export function throughLayers(layers: readonly Layer[], listener: RequestListener): RequestListener {
  return layers.reduceRight((next, layer) => layer(next), listener);
}

// A property and no WeakMap, which makes each collection of short-lived requests dearer.
const visitKey = Symbol("visit");
type Visited = IncomingMessage & { [visitKey]?: Visit };

/** Remembers what is known of a request as long as the request lives. */
export function beginVisit(request: IncomingMessage, visit: Visit): void {
  (request as Visited)[visitKey] = visit;
}

/**
 * What is known of a request.
 * @throws Error for one that did not come through `identifyRequests`: a programmer's error.
 */
export function visitOf(request: IncomingMessage): Visit {
  const visit = (request as Visited)[visitKey];
  if (visit === undefined) throw new Error("the request did not come through the front door");
  return visit;
}
