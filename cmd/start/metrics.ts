import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";

/** What a process measures, for Prometheus. */
export interface Metrics {
  observe: (call: { method: string; code: string; seconds: number }) => void;
  countStatement: () => void;
  text: () => Promise<string>;
}

/** Node's own metrics, a histogram of RPC durations by method and code, and the number of SQL statements. */
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
  // prom-client hashes the labels at each use; the few pairs that there are keep their counters instead.
  const histograms = new Map<string, ReturnType<typeof calls.labels>>();
  return {
    countStatement: () => statements.inc(),
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
