import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";

/** What a process measures, for Prometheus. */
export interface Metrics {
  observe: (call: { method: string; code: string; seconds: number }) => void;
  countStatement: () => void;
  /** One request that the gateway answered. */
  observeRequest: (request: { route: string | undefined; status: number }) => void;
  /** One request turned away by the limit of this name. */
  countRateLimited: (limit: string) => void;
  text: () => Promise<string>;
}

/**
 * Node's own metrics; a histogram of RPC durations by method and code; the numbers of SQL statements, of requests to
 * the gateway by route and class of status, and of those that a limit of rate turned away.
 */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const calls = new Histogram({
    name: "rowlock_rpc_duration_seconds",
    help: "Duration of RPCs as the server saw them.",
    labelNames: ["method", "code"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const statements = new Counter({
    name: "rowlock_sql_statements_total",
    help: "SQL statements sent to Postgres, BEGIN and COMMIT included.",
    registers: [registry],
  });
  const requests = new Counter({
    name: "rowlock_http_requests_total",
    help: "Requests that the gateway answered; route is a template, or none.",
    labelNames: ["route", "status"],
    registers: [registry],
  });
  const refused = new Counter({
    name: "rowlock_rate_limited_total",
    help: "Requests turned away by a limit of rate.",
    labelNames: ["limit"],
    registers: [registry],
  });
  // prom-client hashes the labels at each use; the few pairs that there are keep their counters instead.
  const counters = new Map<string, ReturnType<typeof requests.labels>>();
  const histograms = new Map<string, ReturnType<typeof calls.labels>>();
  return {
    countStatement: () => statements.inc(),
    countRateLimited: (limit) => refused.labels(limit).inc(),
    observeRequest: ({ route = "none", status }) => {
      const statusClass = `${Math.floor(status / 100)}xx`;
      const key = `${route} ${statusClass}`;
      let counter = counters.get(key);
      if (counter === undefined) {
        counter = requests.labels(route, statusClass);
        counters.set(key, counter);
      }
      counter.inc();
    },
    observe: ({ method, code, seconds }) => {
      const key = `${method} ${code}`;
      let histogram = histograms.get(key);
      if (histogram === undefined) {
        histogram = calls.labels(method, code);
        histograms.set(key, histogram);
      }
      histogram.observe(seconds);
    },
    text: () => registry.metrics(),
  };
}
