import type { RequestListener } from "node:http";
import { create, type DescMethod, type Message } from "@bufbuild/protobuf";
import type {
  ConnectRouter,
  HandlerContext,
  Interceptor,
  MethodImpl,
  StreamResponse,
  UnaryResponse,
} from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { toPublicError } from "../errors/public-error.ts";
import { type BoundMethod, bindServices, makeRequest, singleAnswer } from "./bound-method.ts";
import { CallState } from "./call-state.ts";
import type { ServiceDefinition } from "./service.ts";
import { once, startReading } from "./streams.ts";

/** The services as routes of a Connect router: Connect, gRPC-Web and gRPC, as its adapter allows. */
function connectRoutes({
  services,
  interceptors,
}: {
  services: readonly ServiceDefinition[];
  interceptors: readonly Interceptor[];
}): (router: ConnectRouter) => void {
  const bound = bindServices({ services, interceptors });
  return (router) => {
    for (const method of bound) {
      // The interceptors run inside the handler, on the same requests as behind the other hosts.
      router.rpc(method.method, handlerFor(method) as MethodImpl<DescMethod>);
    }
  };
}

/**
 * A Node request listener (HTTP/1.1 or HTTP/2) for the services. A path that is not theirs goes to
 * `fallback`, or is answered 404. A message of more than `maxMessageBytes` (default 4 MiB) is refused.
 */
export function createConnectHandler({
  services,
  interceptors,
  maxMessageBytes = 4 * 1024 * 1024,
  fallback,
}: {
  services: readonly ServiceDefinition[];
  interceptors: readonly Interceptor[];
  maxMessageBytes?: number;
  fallback?: RequestListener;
}): RequestListener {
  return connectNodeAdapter({
    routes: connectRoutes({ services, interceptors }),
    readMaxBytes: maxMessageBytes,
    ...(fallback === undefined ? {} : { fallback: fallback as never }),
  }) as RequestListener;
}

function handlerFor(bound: BoundMethod): unknown {
  const kind = bound.method.methodKind;
  switch (kind) {
    case "unary":
      return (message: Message, ctx: HandlerContext) => serveOne(bound, message, ctx);
    case "client_streaming":
      return (messages: AsyncIterable<Message>, ctx: HandlerContext) => serveOne(bound, messages, ctx);
    case "server_streaming":
      return (message: Message, ctx: HandlerContext) => serveMany(bound, once(message), ctx);
    case "bidi_streaming":
      return (messages: AsyncIterable<Message>, ctx: HandlerContext) => serveMany(bound, messages, ctx);
    default:
      return kind satisfies never;
  }
}

async function serveOne(
  bound: BoundMethod,
  input: Message | AsyncIterable<Message>,
  ctx: HandlerContext,
): Promise<Message> {
  const state = begin(bound.method, ctx);
  try {
    const answer = call(bound, state, input, ctx);
    state.armByDefault();
    const res = await answer;
    const message = await singleAnswer(res);
    return create(bound.method.output, message);
  } catch (err) {
    throw toPublicError(err);
  } finally {
    copyHeaders(state, ctx);
    state.close();
  }
}

async function* serveMany(
  bound: BoundMethod,
  input: AsyncIterable<Message>,
  ctx: HandlerContext,
): AsyncGenerator<Message> {
  const state = begin(bound.method, ctx);
  try {
    const answer = call(bound, state, input, ctx);
    state.armByDefault();
    const res = (await answer) as StreamResponse;
    const messages = await startReading(res.message);
    copyHeaders(state, ctx);
    yield* messages;
  } catch (err) {
    throw toPublicError(err);
  } finally {
    copyHeaders(state, ctx);
    state.abort(undefined);
    state.close();
  }
}

function begin(method: DescMethod, ctx: HandlerContext): CallState {
  return new CallState({
    method,
    protocolName: ctx.protocolName,
    timeoutMs: ctx.timeoutMs(),
    bare: false,
    principal: undefined,
    signal: ctx.signal,
  });
}

function call(
  bound: BoundMethod,
  state: CallState,
  input: Message | AsyncIterable<Message>,
  { requestHeader, url, requestMethod }: HandlerContext,
): Promise<UnaryResponse | StreamResponse> {
  return bound.call(makeRequest(state, requestHeader, input, { url, requestMethod }));
}

function copyHeaders(state: CallState, ctx: HandlerContext): void {
  state.responseHeader.forEach((value, name) => {
    ctx.responseHeader.set(name, value);
  });
  state.responseTrailer.forEach((value, name) => {
    ctx.responseTrailer.set(name, value);
  });
}
