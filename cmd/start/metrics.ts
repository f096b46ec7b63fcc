import { collectDefaultMetrics, Histogram, Registry } from "prom-client";

/** What a process measures, for Prometheus. */
export interface Metrics {
  observe(call: { method: string; code: string; seconds: number }): void;
  text(): Promise<string>;
}

/** Node's own metrics and one histogram of RPC durations by method and code. */
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
  return {
    observe: ({ method, code, seconds }) => calls.observe({ method, code }, seconds),
    text: () => registry.metrics(),
  };
}
