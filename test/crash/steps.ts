/**
 * Loaded before the shop (`node --import`): sees each step by which anything outlives the process — a commit, a
 * statement that commits itself, a request to a vendor — and kills the process before or after one of them.
 */

import diagnostics from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import process from "node:process";
import pg from "pg";
import type { Order, Point, StepMessage } from "./points.ts";
import { follow, type Progress } from "./statement.ts";

let point: Point | undefined;
let told = false;
const seen = new Map<string, number>();

process.on("message", (order: Order) => {
  seen.clear();
  point = order.point;
  told = order.tell;
  process.send?.({ ready: true } satisfies StepMessage);
});
// Nobody is left to end it.
process.on("disconnect", () => process.exit(1));

/**
 * A step is about to be made; returns what is to be called when it is made, before anybody learns of it. One that
 * turns out to have touched nothing, as that of a sweep which finds nothing, is not told of.
 */
function step(label: string): (touched: boolean) => void {
  const count = (seen.get(label) ?? 0) + 1;
  seen.set(label, count);
  const name = count === 1 ? label : `${label} (${count})`;
  if (point?.step === name && point.when === "before") die();
  return (touched) => {
    if (told && touched) process.send?.({ step: name } satisfies StepMessage);
    if (point?.step === name && point.when === "after") die();
  };
}

function die(): never {
  process.kill(process.pid, "SIGKILL");
  // The signal arrives before the call returns to JavaScript, or at the latest here.
  for (;;);
}

type Callback = (err: Error | null, result: unknown) => void;
type Query = (this: pg.Client, config: unknown, ...rest: unknown[]) => unknown;

const progressOf = new WeakMap<pg.Client, Progress>();
// oxlint-disable-next-line typescript/unbound-method
const query = pg.Client.prototype.query as unknown as Query;

pg.Client.prototype.query = function (this: pg.Client, config: unknown, ...rest: unknown[]): unknown {
  const text = typeof config === "string" ? config : ((config as { text?: string }).text ?? "");
  const { durable, progress } = follow(progressOf.get(this), text);
  progressOf.set(this, progress);
  if (durable.length === 0) return query.call(this, config, ...rest);
  const schema = schemaOf(this);
  if (schema === "jobs" && !isWork(text)) return query.call(this, config, ...rest);
  const made = step(`${schema}: ${[...new Set(durable)].join(", ")}`);
  const callback = rest.at(-1);
  if (typeof callback === "function") {
    const called: Callback = (err, result) => {
      if (err === null) made(touches(result));
      (callback as Callback)(err, result);
    };
    return query.call(this, config, ...rest.slice(0, -1), called);
  }
  return (query.call(this, config, ...rest) as Promise<unknown>).then((result) => {
    made(touches(result));
    return result;
  });
} as typeof pg.Client.prototype.query;

/** Whether pg-boss takes jobs or ends them; all else it writes is housekeeping, which comes by the clock. */
function isWork(text: string): boolean {
  return /^\s*with\s+(next|input)\s+as/i.test(text);
}

/** A commit has no count of its own. */
function touches(result: unknown): boolean {
  return (result as { rowCount?: number | null }).rowCount !== 0;
}

function schemaOf(client: pg.Client): string {
  const { connectionParameters } = client as unknown as {
    connectionParameters: { application_name?: string };
  };
  return connectionParameters.application_name?.replace(/^rowlock_/, "") ?? "";
}

const requests = new WeakMap<ClientRequest, (touched: boolean) => void>();

diagnostics.subscribe("http.client.request.created", (message) => {
  const { request } = message as { request: ClientRequest };
  if (request.method === "GET") return;
  requests.set(request, step(`${request.method} ${pathOf(request.path)}`));
});
diagnostics.subscribe("http.client.response.finish", (message) => {
  requests.get((message as { request: ClientRequest }).request)?.(true);
});
// The channels are those of node:http; its own fetch would pass unseen.
globalThis.fetch = () => Promise.reject(new Error("a vendor is called by a fetch whose steps nobody sees"));

/** Ids differ from run to run. */
function pathOf(path: string): string {
  return path.replace(/\?.*$/, "").replace(/\b(?:pi|AC|re)_?[0-9A-Za-z]{8,}/g, "…");
}
