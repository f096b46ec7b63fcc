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
  const find = (method: DescMethod) => byService.get(method.parent.typeName);
  const unknownTo = (method: DescMethod) =>
    asReceived(failRpc("UNIMPLEMENTED", { method: methodName(method) }));
  // A missing route is a rejection, as every other failure of a transport is. Not by `async`, which would make each
  // answer wait for three more turns of the queue.
  return {
    unary(method, signal, timeoutMs, header, input, contextValues) {
      const transport = find(method);
      return transport === undefined
        ? Promise.reject(unknownTo(method))
        : transport.unary(method, signal, timeoutMs, header, input, contextValues);
    },
    stream(method, signal, timeoutMs, header, input, contextValues) {
      const transport = find(method);
      return transport === undefined
        ? Promise.reject(unknownTo(method))
        : transport.stream(method, signal, timeoutMs, header, input, contextValues);
    },
  };
}
