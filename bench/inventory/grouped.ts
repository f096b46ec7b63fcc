import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createClient, type Transport } from "@connectrpc/connect";
import { InventoryService } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { createGrpcTransport } from "../../lib/rpc/grpc-transport.ts";
import { createDirectTransport, createServiceTransport } from "../../lib/rpc/index.ts";
import type { Buyer } from "./drive.ts";
import { benchSigner, openInventory } from "./host.ts";

const ttl = { seconds: 600n, nanos: 0 };
const caller = "order";

function buyerOver(transport: Transport): Buyer {
  const inventory = createClient(InventoryService, transport);
  return (reservationId, sku) =>
    inventory.reserve({ reservationId, lines: [{ sku, quantity: 1n }], ttl }, { timeoutMs: 10_000 });
}

/** `Reserve` of an Inventory in this process, as in `npm start`. */
export function openInProcess(url: string): { buy: Buyer; close: () => Promise<void> } {
  const { services, interceptors, close } = openInventory(url);
  const transport = createDirectTransport({ services, interceptors });
  return { buy: buyerOver(createServiceTransport({ transport, caller })), close };
}

/** `Reserve` of an Inventory in a process of its own, over gRPC on the loopback. */
export async function openOverGrpc(
  url: string,
  nodeArgs: readonly string[],
): Promise<{ buy: Buyer; close: () => Promise<void> }> {
  const child = fork(fileURLToPath(new URL("./serve.ts", import.meta.url)), { execArgv: [...nodeArgs] });
  const exited = once(child, "exit");
  child.send(url);
  const started = await Promise.race([once(child, "message"), exited.then(() => undefined)]);
  if (started === undefined) throw new Error("Inventory's process did not start");
  const transport = createGrpcTransport({
    address: `127.0.0.1:${started[0] as number}`,
    services: [InventoryService],
    signer: benchSigner(),
    caller,
  });
  return {
    buy: buyerOver(transport),
    close: async () => {
      transport[Symbol.dispose]();
      child.disconnect();
      await exited;
    },
  };
}
