import type { DescMethod } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import { methodName } from "./call-state.ts";
import { failRpc } from "./reasons.ts";
import { asReceived } from "./wire-error.ts";

/**
 * One Transport over many: each call goes to the transport of its service, by full name
 * (`rowlock.order.v1.OrderService`). A service without one is UNIMPLEMENTED.
 */
export function createRoutingTransport(routes: Readonly<Record<string, Transport>>): Transport {
  const byService = new Map(Object.entries(routes));
  const find = (method: DescMethod) => {
    const transport = byService.get(method.parent.typeName);
    if (transport === undefined) {
      throw asReceived(failRpc("UNIMPLEMENTED", { method: methodName(method) }));
    }
    return transport;
  };
  return {
    // `async`, so that a missing route is a rejection, as every other failure of a transport is.
    unary: async (method, ...rest) => find(method).unary(method, ...rest),
    stream: async (method, ...rest) => find(method).stream(method, ...rest),
  };
}
