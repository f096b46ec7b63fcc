import type { IncomingMessage, RequestListener } from "node:http";
import {
  createRegistry,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
  type DescService,
  type Message,
} from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ContextValues,
  createContextKey,
  createContextValues,
  type HandlerContext,
  type MethodImpl,
  type Transport,
} from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { ErrorInfoSchema, file_google_rpc_error_details } from "../../gen/google/rpc/error_details_pb.js";
import { codeName } from "../../lib/errors/codes.ts";
import { errorDomain, errorInfo } from "../../lib/errors/reasons.ts";
import { toPresentable } from "../transcoder/errors.ts";
import { readMetadata } from "../transcoder/headers.ts";
import type { Admit } from "./admission.ts";
import { fail } from "./reasons.ts";
import type { Refuse } from "./refuse.ts";
import { visitOf } from "./visit.ts";

/** Largest message of a request, in bytes. */
const maxMessageBytes = 4 * 1024 * 1024;

/** Most bytes of headers that go on as metadata: common gRPC servers take no more. */
const maxMetadataBytes = 8 * 1024;

/** Milliseconds that a call which answers once may take, without and with the client's own word. */
const unaryTimeoutMs = { default: 30_000, max: 60_000 };

/** Headers of a service's answer that are about the hop to the gateway, not about the answer. */
const hopHeader =
  /^(?:connection|content-.*|date|grpc-.*|keep-alive|server|trailer|transfer-encoding|accept-.*)$/;

/**
 * Connect and gRPC-Web, binary and JSON, for the services behind a transport, wherever they run: each call goes on
 * with the listed headers, what is left of its deadline, and its cancellation; streams flow message by message.
 * Serves `POST /rowlock.order.v1.OrderService/PlaceOrder`; for methods without side effects Connect's GET, too.
 * Nothing of it may be cached, unless the service says so.
 */
export function serveRpc({
  services,
  transport,
  forwardHeaders,
  admit,
  refuse,
  onError,
}: {
  services: readonly DescService[];
  transport: Transport;
  /** Headers that become metadata of the call; `x-request-id` always does. */
  forwardHeaders: readonly string[];
  admit: Admit;
  /** Answers for a path below a service's that is no method of it. */
  refuse: Refuse;
  /** Called for every error answered, with what was thrown: for logs, never for clients. */
  onError: (answered: { error: unknown; code: ConnectError["code"]; request: IncomingMessage }) => void;
}): RequestListener {
  const adapter = connectNodeAdapter({
    routes: (router: ConnectRouter) => {
      for (const method of services.flatMap((service) => service.methods)) {
        router.rpc(method, handlerOf(method) as MethodImpl<DescMethod>);
      }
    },
    grpc: false, // needs HTTP/2; it has a port of its own
    readMaxBytes: maxMessageBytes,
    jsonOptions: {
      registry: createRegistry(file_google_rpc_error_details, ...services.map(({ file }) => file)),
    },
    contextValues: (request) => createContextValues().set(requestKey, request as IncomingMessage),
    requestGate: async (ctx) => {
      nameFaultsOfParsing(ctx);
      try {
        ctx.values.set(admittedKey, await letIn(ctx));
      } catch (err) {
        throw presented(err, ctx);
      }
    },
  });
  const paths = new Set<string>(
    services.flatMap(({ typeName, methods }) => methods.map(({ name }) => `/${typeName}/${name}`)),
  );
  return (request, response) => {
    const [path = ""] = (request.url ?? "").split("?", 1);
    if (!paths.has(path)) {
      return refuse(request, response, fail("NO_SUCH_METHOD", { path: path.slice(0, 200) }));
    }
    const visit = visitOf(request);
    visit.route = path;
    visit.headers.push("cache-control", "no-store");
    (adapter as RequestListener)(request, response);
  };

  function handlerOf(method: DescMethod): unknown {
    return method.methodKind === "unary"
      ? (message: Message, ctx: HandlerContext) => callOnce(method as DescMethodUnary, message, ctx)
      : method.methodKind === "client_streaming"
        ? (messages: AsyncIterable<Message>, ctx: HandlerContext) => collect(method, messages, ctx)
        : method.methodKind === "server_streaming"
          ? (message: Message, ctx: HandlerContext) => callStream(method, once(message), ctx)
          : (messages: AsyncIterable<Message>, ctx: HandlerContext) => callStream(method, messages, ctx);
  }

  async function callOnce(method: DescMethodUnary, message: Message, ctx: HandlerContext): Promise<Message> {
    try {
      const { metadata, contextValues } = ctx.values.get(admittedKey) as Admitted;
      const timeoutMs = Math.min(ctx.timeoutMs() ?? unaryTimeoutMs.default, unaryTimeoutMs.max);
      const answer = await transport.unary(method, ctx.signal, timeoutMs, metadata, message, contextValues);
      passOn(answer.header, ctx.responseHeader);
      passOn(answer.trailer, ctx.responseTrailer);
      return answer.message;
    } catch (err) {
      throw presented(err, ctx);
    }
  }

  async function* callStream(
    method: DescMethod,
    messages: AsyncIterable<Message>,
    ctx: HandlerContext,
  ): AsyncGenerator<Message> {
    try {
      const { metadata, contextValues } = ctx.values.get(admittedKey) as Admitted;
      const streaming = method as DescMethodStreaming;
      const timeoutMs = ctx.timeoutMs();
      const answer = await transport.stream(
        streaming,
        ctx.signal,
        timeoutMs,
        metadata,
        messages,
        contextValues,
      );
      passOn(answer.header, ctx.responseHeader);
      yield* answer.message;
      passOn(answer.trailer, ctx.responseTrailer);
    } catch (err) {
      throw presented(err, ctx);
    }
  }

  /** A stream of requests that is answered once. */
  async function collect(method: DescMethod, messages: AsyncIterable<Message>, ctx: HandlerContext) {
    let answer: Message | undefined;
    for await (const message of callStream(method, messages, ctx)) answer = message;
    if (answer === undefined) throw presented(new Error(`${method.name} did not answer`), ctx);
    return answer;
  }

  async function letIn({ method, values }: HandlerContext): Promise<Admitted> {
    const request = values.get(requestKey) as IncomingMessage;
    const metadata = readMetadata(request.headers, forwardHeaders, maxMetadataBytes);
    metadata["x-request-id"] = visitOf(request).requestId;
    return { metadata, contextValues: await admit({ request, method }) };
  }

  function presented(thrown: unknown, ctx: HandlerContext): ConnectError {
    const error = toPresentable(thrown);
    onError({ error: thrown, code: error.code, request: ctx.values.get(requestKey) as IncomingMessage });
    return error;
  }
}

/** What goes on with a call. */
interface Admitted {
  metadata: Record<string, string>;
  contextValues: ContextValues | undefined;
}

const admittedKey = createContextKey<Admitted | undefined>(undefined, { description: "admitted call" });
const requestKey = createContextKey<IncomingMessage | undefined>(undefined, { description: "http request" });

/**
 * Gives the errors that the library itself raises (a message that cannot be read, or is too large) the ErrorInfo that
 * every error has. Bytes that are no message it takes for a fault of the server: they are the client's. The library
 * leaves no other way in than its signal, which it aborts with an error just before it answers with it.
 */
function nameFaultsOfParsing({ signal, method }: HandlerContext): void {
  signal.addEventListener("abort", () => {
    const error: unknown = signal.reason;
    if (!(error instanceof ConnectError) || errorInfo(error) !== undefined) return;
    const unreadable = error.code === Code.Internal && error.rawMessage.startsWith("parse binary: ");
    if (unreadable) Object.assign(error, { code: Code.InvalidArgument });
    const reason = unreadable ? "MALFORMED_REQUEST" : codeName(error.code);
    const metadata = { type: method.input.typeName };
    error.details.push({ desc: ErrorInfoSchema, value: { reason, domain: errorDomain, metadata } });
  });
}

function passOn(from: Headers, to: Headers): void {
  from.forEach((value, name) => {
    if (!hopHeader.test(name)) to.set(name, value);
  });
}

async function* once<T>(message: T): AsyncGenerator<T> {
  yield message;
}
