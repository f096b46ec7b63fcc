/** Inventory on gRPC in a process of its own: `node serve.ts` with the database's URL in the first message. */
import { once } from "node:events";
import process from "node:process";
import { createGrpcServer } from "../../lib/rpc/grpc-server.ts";
import { openInventory } from "./host.ts";

const [url] = (await once(process, "message")) as [string];
const inventory = openInventory(url);
const server = await createGrpcServer({ ...inventory, address: "127.0.0.1:0" });
process.send?.(server.port);
await once(process, "disconnect");
await server.drain({ graceMs: 0 });
await inventory.close();
