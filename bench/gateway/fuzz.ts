/** A million random requests against the transcoder: `node bench/gateway/fuzz.ts [--requests N] [--seed N]`. */
import process from "node:process";
import { parseArgs } from "node:util";
import { fuzz } from "../../gateway/transcoder/testing/fuzz.ts";

const { values } = parseArgs({
  options: { requests: { type: "string", default: "1000000" }, seed: { type: "string" } },
});
const requests = Number(values.requests);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
process.stdout.write(`${requests.toLocaleString("en")} requests, --seed ${seed}\n`);
const begun = performance.now();
const { statuses, calls } = await fuzz({
  ...{ seed, requests },
  onProgress: (done) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${done.toLocaleString("en")}`);
  },
});
const seconds = ((performance.now() - begun) / 1000).toFixed(0);
const counts = Object.entries(statuses).map(([status, count]) => `${status}: ${count.toLocaleString("en")}`);
process.stdout.write(
  `no fault in ${seconds} s; ${calls.toLocaleString("en")} reached a service; ${counts.join(", ")}\n`,
);
