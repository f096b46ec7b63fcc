import { type CallOptions, type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { CatalogService } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { InventoryService } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { createGrpcTransport } from "../../lib/rpc/grpc-transport.ts";
import { ImportRefused } from "./options.ts";

/** The RPCs that an import calls. */
export interface Shop {
  catalog: Pick<Client<typeof CatalogService>, "createCategory" | "createProduct">;
  inventory: Pick<Client<typeof InventoryService>, "setStock" | "getStock">;
  /** What each call is to be made with. */
  call: CallOptions;
}

const callTimeoutMs = 20_000;

/** A connection to a running shop, opened by the first call. */
export function connectShop({ target, staffKey }: { target: string; staffKey: string }): Shop & Disposable {
  const transport = createGrpcTransport({ address: target, services: [CatalogService, InventoryService] });
  return {
    catalog: createClient(CatalogService, transport),
    inventory: createClient(InventoryService, transport),
    call: { headers: { authorization: `Bearer ${staffKey}` }, timeoutMs: callTimeoutMs },
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  };
}

/**
 * Tells an answer about one row, which it returns, from a reason to stop.
 *
 * @throws ImportRefused when the shop is away or refuses the key; anything that is no RPC error as it is.
 */
export function rowError(err: unknown, target: string): ConnectError {
  if (!(err instanceof ConnectError)) throw err;
  switch (err.code) {
    case Code.Unavailable:
    case Code.DeadlineExceeded:
      throw new ImportRefused(
        `no shop answers at ${target}; start the shop first: npm start (then run this again: what is in stays in)`,
        { cause: err },
      );
    case Code.Unauthenticated:
    case Code.PermissionDenied:
      throw new ImportRefused(`the shop at ${target} refuses the staff key (${reasonOf(err) ?? err.code})`, {
        cause: err,
      });
    default:
      return err;
  }
}
