/** One server in a process of its own: `node serve.ts NAME` tells its port; asked, the CPU time it has used so far. */
import { once } from "node:events";
import process from "node:process";
import { servers } from "./servers.ts";

const port = await servers[process.argv[2] ?? ""]?.();
process.send?.(port);
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
});
await once(process, "disconnect");
process.exit();
