import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
  type DescService,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  type ContextValues,
  createContextValues,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import type { ChannelCredentials, ChannelInterface, Metadata } from "@grpc/grpc-js";
import type { AnyFn } from "./bound-method.ts";
import { methodName } from "./call-state.ts";
import { GrpcCall } from "./grpc-call.ts";
import { openChannel } from "./grpc-channel.ts";
import { openStream, parseAnswer } from "./grpc-stream.ts";
import { toMetadata } from "./metadata.ts";
import { outgoingPrincipalKey, type Principal } from "./principal.ts";
import { type PrincipalSigner, principalHeader } from "./signer.ts";
import { mapEach } from "./streams.ts";

/** A transport that holds connections, until it is disposed of. */
export interface GrpcTransport extends Transport {
  [Symbol.dispose](): void;
}

/**
 * A Connect Transport over a @grpc/grpc-js channel. `address` is a gRPC name (`dns:///order:50051`,
 * `127.0.0.1:50051`); `services` are the contracts called through it (their idempotent methods are
 * retried when a replica is gone). The principal of each call (`caller`, a service's name, unless
 * the call brings its own) is signed by `signer`. Errors arrive as ConnectErrors with their details.
 */
export function createGrpcTransport({
  address,
  services,
  credentials,
  signer,
  caller,
  interceptors = [],
  maxMessageBytes = 4 * 1024 * 1024,
}: {
  address: string;
  services: readonly DescService[];
  credentials?: ChannelCredentials;
  signer?: PrincipalSigner;
  caller?: string;
  interceptors?: readonly Interceptor[];
  maxMessageBytes?: number;
}): GrpcTransport {
  const channel = openChannel({ address, services, credentials, maxMessageBytes });
  const own: Principal | undefined = caller === undefined ? undefined : { kind: "service", id: caller };

  async function metadataOf(req: UnaryRequest | StreamRequest): Promise<Metadata> {
    const metadata = toMetadata(req.header);
    const principal = req.contextValues.get(outgoingPrincipalKey) ?? own;
    if (principal !== undefined) {
      if (signer === undefined) {
        throw new Error("a call in somebody's name needs a signer");
      }
      metadata.set(principalHeader, await signer.sign(principal));
    }
    return metadata;
  }

  const intercept = (send: AnyFn): AnyFn =>
    interceptors.reduceRight<AnyFn>((next, interceptor) => interceptor(next), send);

  return {
    async unary<I extends DescMessage, O extends DescMessage>(
      method: DescMethodUnary<I, O>,
      signal: AbortSignal | undefined,
      timeoutMs: number | undefined,
      header: HeadersInit | undefined,
      input: MessageInitShape<I>,
      contextValues?: ContextValues,
    ): Promise<UnaryResponse<I, O>> {
      const send = intercept(async (req) =>
        sendUnary(channel, req as UnaryRequest, await metadataOf(req), timeoutMs),
      );
      const req = {
        ...requestOf(method, signal, header, contextValues),
        stream: false,
        message: create(method.input, input),
      };
      return (await send(req as unknown as UnaryRequest)) as UnaryResponse<I, O>;
    },

    async stream<I extends DescMessage, O extends DescMessage>(
      method: DescMethodStreaming<I, O>,
      signal: AbortSignal | undefined,
      timeoutMs: number | undefined,
      header: HeadersInit | undefined,
      input: AsyncIterable<MessageInitShape<I>>,
      contextValues?: ContextValues,
    ): Promise<StreamResponse<I, O>> {
      const send = intercept(async (req) =>
        openStream({
          req: req as StreamRequest,
          channel,
          path: pathOf(method),
          metadata: await metadataOf(req),
          timeoutMs,
          signal: signalOf(req),
        }),
      );
      const req = {
        ...requestOf(method, signal, header, contextValues),
        stream: true,
        message: mapEach(input, (message) => create(method.input, message)),
      };
      return (await send(req as unknown as StreamRequest)) as StreamResponse<I, O>;
    },

    [Symbol.dispose]() {
      channel.close();
    },
  };
}

type HeadersInit = ConstructorParameters<typeof Headers>[0];

/** Stands for "no signal" in requests, where interceptors expect one. */
const never = new AbortController().signal;

function signalOf(req: { signal: AbortSignal }): AbortSignal | undefined {
  return req.signal === never ? undefined : req.signal;
}

function pathOf(method: DescMethod): string {
  return `/${methodName(method)}`;
}

function requestOf(
  method: DescMethod,
  signal: AbortSignal | undefined,
  header: HeadersInit | undefined,
  contextValues: ContextValues | undefined,
) {
  return {
    method,
    service: method.parent,
    requestMethod: "POST",
    url: pathOf(method),
    header: new Headers(header),
    signal: signal ?? never,
    contextValues: contextValues ?? createContextValues(),
  };
}

function sendUnary(
  channel: ChannelInterface,
  req: UnaryRequest,
  metadata: Metadata,
  timeoutMs: number | undefined,
): Promise<UnaryResponse> {
  return new Promise((resolve, reject) => {
    let header = new Headers();
    let answer: Buffer | undefined;
    const call = new GrpcCall({
      channel,
      path: pathOf(req.method),
      metadata,
      timeoutMs,
      signal: signalOf(req),
      listener: {
        onHeader(received) {
          header = received;
        },
        onMessage(bytes) {
          answer = bytes;
        },
        onEnd(err, trailer) {
          if (err !== undefined) {
            reject(err);
            return;
          }
          try {
            const message = parseAnswer(req.method.output, answer);
            resolve({ stream: false, service: req.service, method: req.method, header, trailer, message });
          } catch (cause) {
            reject(cause);
          }
        },
      },
    });
    call.read();
    call.write(toBinary(req.method.input, req.message), () => {});
    call.halfClose();
  });
}
