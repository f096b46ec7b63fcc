/** The load generator in a process of its own: runs what its parent asks for, one run at a time. */
import { once } from "node:events";
import { connect } from "node:net";
import process from "node:process";
import { percentile } from "../journey/statistics.ts";
import type { Workload } from "./workloads.ts";

export interface LoadOrder {
  port: number;
  workload: Workload;
  connections: number;
  warmUpSeconds: number;
  seconds: number;
}

/** Times in milliseconds. */
export interface LoadResult {
  /** Answers in all, those of the warm-up included. */
  answers: number;
  perSecond: number;
  p50: number;
  p99: number;
}

process.on("message", (order: LoadOrder) => {
  run(order).then(
    (result) => process.send?.(result),
    (err: unknown) => process.send?.({ error: String(err) }),
  );
});

/** Each connection sends a request, waits for all of its answer and sends the next. */
async function run({ port, workload, connections, warmUpSeconds, seconds }: LoadOrder): Promise<LoadResult> {
  const body = JSON.stringify(workload.body);
  const request = Buffer.from(
    `${workload.method} ${workload.path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n` +
      `accept: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const from = performance.now() + warmUpSeconds * 1000;
  const until = from + seconds * 1000;
  const times: number[] = [];
  const clients = Array.from({ length: connections }, () => client(port, request, { from, until, times }));
  const answers = (await Promise.all(clients)).reduce((sum, count) => sum + count, 0);
  times.sort((a, b) => a - b);
  return {
    answers,
    perSecond: times.length / seconds,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
  };
}

async function client(
  port: number,
  request: Buffer,
  { from, until, times }: { from: number; until: number; times: number[] },
): Promise<number> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let answers = 0;
  let sent = 0;
  let received = "";
  let missing = 0;
  const send = (): void => {
    sent = performance.now();
    socket.write(request);
  };
  socket.on("connect", send).on("data", (chunk) => {
    received += chunk.toString("latin1");
    if (missing === 0) {
      const end = received.indexOf("\r\n\r\n");
      if (end < 0) return;
      if (!received.startsWith("HTTP/1.1 200 ")) {
        socket.destroy(new Error(`answered ${received}`));
        return;
      }
      missing = end + 4 + Number(/content-length: (\d+)/i.exec(received)?.[1]);
    }
    if (received.length < missing) return;
    received = "";
    missing = 0;
    answers++;
    const now = performance.now();
    if (sent >= from && now <= until) times.push(now - sent);
    if (now > until) socket.end();
    else send();
  });
  await once(socket, "close");
  return answers;
}
