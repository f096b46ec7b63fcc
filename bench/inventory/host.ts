import { pino } from "pino";
import { InventoryService } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { systemClock } from "../../lib/clock.ts";
import { openDatabase } from "../../lib/db/index.ts";
import {
  createAuthenticator,
  createPrincipalSigner,
  createServerInterceptors,
  type PrincipalSigner,
} from "../../lib/rpc/index.ts";
import { createInventoryService } from "../../services/inventory/service.ts";

/** Connections of one Inventory, as `npm start` opens them. */
const poolSize = 8;

/** The signer that the benchmark's two processes share. */
export function benchSigner(): PrincipalSigner {
  return createPrincipalSigner({ key: Buffer.alloc(32, "bench") });
}

/** Inventory with all that runs around its handlers in a deployment, its log muted. */
export function openInventory(url: string) {
  const log = pino({ level: "silent" });
  const db = openDatabase({ url, schema: "inventory", poolSize });
  const { services } = createInventoryService({ db, clock: systemClock });
  const interceptors = createServerInterceptors({
    services: [InventoryService],
    authenticator: createAuthenticator({ staffKeys: [], signer: benchSigner() }),
    log,
  });
  return { services, interceptors, log, close: () => db[Symbol.asyncDispose]() };
}
