import { type ContextValues, createContextValues, type Transport } from "@connectrpc/connect";
import { outgoingPrincipalKey } from "./principal.ts";

/**
 * The transport with which one service calls others: each call is made in the service's own name
 * (`caller: "order"`), unless it brings a principal of its own. In process the callee takes the
 * caller's word; a gRPC transport signs it. Never hand one to code that forwards calls from outside.
 */
export function createServiceTransport({
  transport,
  caller,
}: {
  transport: Transport;
  caller: string;
}): Transport {
  const principal = { kind: "service", id: caller } as const;
  const own = createContextValues().set(outgoingPrincipalKey, principal);
  const named = (values: ContextValues | undefined) =>
    values === undefined
      ? own
      : createContextValues().set(outgoingPrincipalKey, values.get(outgoingPrincipalKey) ?? principal);
  return {
    unary: (method, signal, timeoutMs, header, input, values) =>
      transport.unary(method, signal, timeoutMs, header, input, named(values)),
    stream: (method, signal, timeoutMs, header, input, values) =>
      transport.stream(method, signal, timeoutMs, header, input, named(values)),
  };
}
