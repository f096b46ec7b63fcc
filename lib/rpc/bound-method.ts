import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  type Message,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import type {
  ContextValues,
  HandlerContext,
  Interceptor,
  StreamRequest,
  StreamResponse,
  UnaryRequest,
  UnaryResponse,
} from "@connectrpc/connect";
import { type CallState, callStateOf, methodName } from "./call-state.ts";
import { failRpc } from "./reasons.ts";
import type { ServiceDefinition } from "./service.ts";
import { abortable, mapEach, once, only } from "./streams.ts";

/** What an interceptor wraps: one call, from request to response. */
export type AnyFn = Parameters<Interceptor>[0];

/** A method with its interceptors and its handler, ready to be called by any host. */
export interface BoundMethod {
  readonly method: DescMethod;
  /** `/rowlock.order.v1.OrderService/PlaceOrder` */
  readonly path: string;
  readonly call: AnyFn;
}

// Handlers of all four kinds, seen without their message types: the descriptor pairs them.
type AnyHandler = (request: unknown, ctx: HandlerContext) => unknown;

/**
 * Binds each method of the services to its handler, inside the interceptors (the first is outermost).
 * A service given twice is a start-up error.
 */
export function bindServices({
  services,
  interceptors = [],
}: {
  services: readonly ServiceDefinition[];
  interceptors?: readonly Interceptor[];
}): BoundMethod[] {
  const seen = new Set<string>();
  return services.flatMap(({ desc, impl }) => {
    if (seen.has(desc.typeName)) {
      throw new Error(`service ${desc.typeName} is given twice`);
    }
    seen.add(desc.typeName);
    return desc.methods.map((method) => {
      const handler = (impl as Record<string, AnyHandler | undefined>)[method.localName]?.bind(impl);
      const innermost = invoke(method, handler ?? unimplemented(method));
      return {
        method,
        path: `/${desc.typeName}/${method.name}`,
        call: interceptors.reduceRight<AnyFn>((next, interceptor) => interceptor(next), innermost),
      };
    });
  });
}

/** The one answer of a method that does not answer with a stream. */
export function singleAnswer(res: UnaryResponse | StreamResponse): Message | Promise<Message> {
  return res.stream
    ? only(res.message, () => new Error(`${res.method.name} did not answer once`))
    : res.message;
}

/** Makes the request that a host sends through a bound method. */
export function makeRequest(
  state: CallState,
  header: Headers,
  message: AsyncIterable<unknown> | object,
  { url, requestMethod = "POST" }: { url: string; requestMethod?: string },
): UnaryRequest | StreamRequest {
  const { method } = state;
  return {
    stream: method.methodKind !== "unary",
    message,
    method,
    service: method.parent,
    requestMethod,
    url,
    signal: state.signal,
    header,
    contextValues: state.values,
  } as UnaryRequest | StreamRequest;
}

function invoke(method: DescMethod, handler: AnyHandler): AnyFn {
  const kind = method.methodKind;
  switch (kind) {
    case "unary":
      return (req) => {
        const state = callStateOf(req.contextValues);
        return settleOrAbort(state, handler, req.message, new Context(req, state), (out) =>
          respond(req, state, create(method.output, out as MessageInitShape<DescMessage>)),
        );
      };
    case "client_streaming":
      return (req) => {
        const state = callStateOf(req.contextValues);
        const requests = abortable(state, req.message as StreamRequest["message"]);
        return settleOrAbort(state, handler, requests, new Context(req, state), (out) =>
          respond(req, state, once(create(method.output, out as MessageInitShape<DescMessage>))),
        );
      };
    case "server_streaming":
      return async (req) => {
        const state = callStateOf(req.contextValues);
        const requests = abortable(state, req.message as StreamRequest["message"]);
        const request = await only(requests, () =>
          failRpc("WRONG_REQUEST_COUNT", { method: methodName(method) }),
        );
        return respond(req, state, answers(method, state, handler(request, new Context(req, state))));
      };
    case "bidi_streaming":
      return async (req) => {
        const state = callStateOf(req.contextValues);
        const requests = abortable(state, req.message as StreamRequest["message"]);
        return respond(req, state, answers(method, state, handler(requests, new Context(req, state))));
      };
    default:
      return kind satisfies never;
  }
}

/** Waits for the handler, but no longer than the call lasts: a handler deaf to its signal cannot hold the caller. */
function settleOrAbort(
  state: CallState,
  handler: AnyHandler,
  request: unknown,
  ctx: HandlerContext,
  respondWith: (out: unknown) => UnaryResponse | StreamResponse,
): Promise<UnaryResponse | StreamResponse> {
  return new Promise((resolve, reject) => {
    state.onAbort(reject);
    if (state.failure !== undefined) {
      return;
    }
    const out = handler(request, ctx);
    if (isThenable(out)) {
      Promise.resolve(out).then((answer) => resolve(respondWith(answer)), reject);
    } else {
      resolve(respondWith(out));
    }
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | undefined)?.then === "function";
}

function answers(method: DescMethod, state: CallState, out: unknown): AsyncIterable<object> {
  return abortable(
    state,
    mapEach(out as AsyncIterable<MessageInitShape<DescMessage>>, (message) => create(method.output, message)),
  );
}

function respond(
  req: UnaryRequest | StreamRequest,
  state: CallState,
  message: object,
): UnaryResponse | StreamResponse {
  return {
    stream: req.stream,
    service: req.service,
    method: req.method,
    header: state.responseHeader,
    trailer: state.responseTrailer,
    message,
  } as UnaryResponse | StreamResponse;
}

function unimplemented(method: DescMethod): AnyHandler {
  return () => {
    throw failRpc("UNIMPLEMENTED", { method: methodName(method) });
  };
}

/** The handler's view of a call. Headers and the signal are made only when a handler asks for them. */
class Context implements HandlerContext {
  readonly #state: CallState;
  readonly #req: UnaryRequest | StreamRequest;

  constructor(req: UnaryRequest | StreamRequest, state: CallState) {
    this.#req = req;
    this.#state = state;
  }

  get method(): DescMethod {
    return this.#state.method;
  }
  get service(): DescService {
    return this.#state.method.parent;
  }
  get signal(): AbortSignal {
    // An interceptor may have put its own signal in place of the call's.
    return this.#req.signal === this.#state.signal ? this.#state.observeSignal() : this.#req.signal;
  }
  get timeoutMs(): () => number | undefined {
    return () => this.#state.remainingMs();
  }
  get requestMethod(): string {
    return this.#req.requestMethod;
  }
  get requestHeader(): Headers {
    return this.#req.header;
  }
  get responseHeader(): Headers {
    return this.#state.responseHeader;
  }
  get responseTrailer(): Headers {
    return this.#state.responseTrailer;
  }
  get protocolName(): string {
    return this.#state.protocolName;
  }
  get values(): ContextValues {
    return this.#req.contextValues;
  }
  get url(): string {
    return this.#req.url;
  }
}
