import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cluster, Redis } from "ioredis";
import { freePort } from "../../../lib/testing/free-port.ts";
import { waitFor } from "../../../lib/testing/wait-for.ts";

/** A Redis Cluster of one node that holds all slots (redis-server 7 or later), and a connected cluster client. */
export async function testRedisCluster(): Promise<AsyncDisposable & { readonly redis: Cluster }> {
  const [port, busPort] = [await freePort(), await freePort()];
  const dir = await mkdtemp(join(tmpdir(), "rowlock-redis-cluster-"));
  const options = {
    port: String(port),
    bind: "127.0.0.1",
    save: "",
    dir,
    "cluster-enabled": "yes",
    "cluster-port": String(busPort),
    // A node that never met another does not know its own address, and would announce none.
    "cluster-announce-ip": "127.0.0.1",
  };
  const server = spawn(
    "redis-server",
    Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
    { stdio: "ignore" },
  );
  const ended = new Promise((resolve) => server.once("close", resolve));
  const node = new Redis({ host: "127.0.0.1", port, lazyConnect: false });
  node.on("error", () => undefined); // refused until the server listens; ioredis tries again
  await node.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  await waitFor(async () => String(await node.call("CLUSTER", "INFO")).includes("cluster_state:ok"), {
    what: "the cluster",
  });
  node.disconnect();
  const redis = new Cluster([{ host: "127.0.0.1", port }]);
  return {
    redis,
    async [Symbol.asyncDispose]() {
      redis.disconnect();
      server.kill("SIGKILL");
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}
