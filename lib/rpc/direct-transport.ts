import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import type {
  ContextValues,
  Interceptor,
  StreamResponse,
  Transport,
  UnaryResponse,
} from "@connectrpc/connect";
import { toPublicError } from "../errors/public-error.ts";
import { type BoundMethod, bindServices, makeRequest } from "./bound-method.ts";
import { CallState, methodName } from "./call-state.ts";
import { LazyHeaders } from "./lazy-headers.ts";
import { outgoingPrincipalKey } from "./principal.ts";
import { failRpc } from "./reasons.ts";
import type { ServiceDefinition } from "./service.ts";
import { mapEach, startReading, watchEnd } from "./streams.ts";
import { asReceived } from "./wire-error.ts";

/**
 * A Transport that calls handlers of the same process. Nothing is serialised: request and response
 * messages are shared and must not be changed by either side. The server's interceptors run, errors
 * arrive as they would over a wire, and of the caller's context values only its principal goes in.
 */
export function createDirectTransport({
  services,
  interceptors,
}: {
  services: readonly ServiceDefinition[];
  interceptors?: readonly Interceptor[];
}): Transport {
  const bound = new Map<DescMethod, BoundMethod>();
  for (const method of bindServices({ services, interceptors })) {
    bound.set(method.method, method);
  }

  function find(method: DescMethod): BoundMethod {
    const target = bound.get(method);
    if (target === undefined) {
      throw asReceived(failRpc("UNIMPLEMENTED", { method: methodName(method) }));
    }
    return target;
  }

  return {
    async unary<I extends DescMessage, O extends DescMessage>(
      method: DescMethodUnary<I, O>,
      signal: AbortSignal | undefined,
      timeoutMs: number | undefined,
      header: HeadersInit | undefined,
      input: MessageInitShape<I>,
      contextValues?: ContextValues,
    ): Promise<UnaryResponse<I, O>> {
      const { call, path } = find(method);
      const state = begin(method, signal, timeoutMs, header, contextValues);
      try {
        const answer = call(
          makeRequest(state, new LazyHeaders(header), create(method.input, input), { url: inProcess + path }),
        );
        state.armByDefault();
        return (await answer) as UnaryResponse<I, O>;
      } catch (err) {
        throw asReceived(toPublicError(err), state.responseHeader, state.responseTrailer);
      } finally {
        state.close();
      }
    },

    async stream<I extends DescMessage, O extends DescMessage>(
      method: DescMethodStreaming<I, O>,
      signal: AbortSignal | undefined,
      timeoutMs: number | undefined,
      header: HeadersInit | undefined,
      input: AsyncIterable<MessageInitShape<I>>,
      contextValues?: ContextValues,
    ): Promise<StreamResponse<I, O>> {
      const { call, path } = find(method);
      const state = begin(method, signal, timeoutMs, header, contextValues);
      const failed = (err: unknown) => {
        state.abort(err);
        state.close();
        return asReceived(toPublicError(err), state.responseHeader, state.responseTrailer);
      };
      try {
        const requests = mapEach(input, (message) => create(method.input, message));
        const answer = call(makeRequest(state, new LazyHeaders(header), requests, { url: inProcess + path }));
        state.armByDefault();
        const response = (await answer) as StreamResponse<I, O>;
        const messages = watchEnd(await startReading(response.message), (err) => {
          if (err !== undefined) {
            return failed(err);
          }
          state.close();
        });
        return { ...response, message: messages };
      } catch (err) {
        throw failed(err);
      }
    },
  };
}

type HeadersInit = ConstructorParameters<typeof Headers>[0];

const inProcess = "in-process:";

function begin(
  method: DescMethod,
  signal: AbortSignal | undefined,
  timeoutMs: number | undefined,
  header: HeadersInit | undefined,
  contextValues: ContextValues | undefined,
): CallState {
  return new CallState({
    method,
    protocolName: "direct",
    // Connect's convention: zero or less switches the timeout off.
    timeoutMs: timeoutMs !== undefined && timeoutMs > 0 ? timeoutMs : undefined,
    bare: header === undefined,
    principal: contextValues?.get(outgoingPrincipalKey),
    signal,
  });
}
