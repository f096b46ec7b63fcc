import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type Message,
  toBinary,
} from "@bufbuild/protobuf";
import type { StreamResponse, UnaryResponse } from "@connectrpc/connect";
import type {
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  sendUnaryData,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { toPublicError } from "../errors/public-error.ts";
import { type BoundMethod, makeRequest, singleAnswer } from "./bound-method.ts";
import { CallState } from "./call-state.ts";
import { toGrpcStatus } from "./grpc-status.ts";
import type { LiveCalls } from "./live-calls.ts";
import { toHeaders, toMetadata } from "./metadata.ts";
import { failRpc } from "./reasons.ts";
import { mapEach, once, startReading } from "./streams.ts";

/** What the calls of all four kinds have in common. */
type AnyCall = Pick<
  ServerUnaryCall<Buffer, Buffer>,
  "cancelled" | "metadata" | "getDeadline" | "sendMetadata"
> & {
  on(event: "cancelled", listener: () => void): unknown;
};

/** The bound methods of one service as @grpc/grpc-js takes them. */
export function grpcService(
  methods: readonly BoundMethod[],
  live: LiveCalls,
): { definition: ServiceDefinition; handlers: UntypedServiceImplementation } {
  const definition: Record<string, ServiceDefinition[string]> = {};
  const handlers: UntypedServiceImplementation = {};
  for (const bound of methods) {
    const { method, path } = bound;
    definition[method.name] = {
      path,
      requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
      responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
      // Requests are parsed by the handlers below: a failure here would be INTERNAL, and is the caller's fault.
      requestDeserialize: (bytes: Buffer) => bytes,
      responseSerialize: (bytes: Buffer) => bytes,
      requestSerialize: (bytes: Buffer) => bytes,
      responseDeserialize: (bytes: Buffer) => bytes,
    };
    handlers[method.name] = handlerFor(bound, live);
  }
  return { definition, handlers };
}

function handlerFor(bound: BoundMethod, live: LiveCalls): UntypedHandleCall {
  const kind = bound.method.methodKind;
  switch (kind) {
    case "unary":
      return (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
        void serveOne(bound, live, call, callback, () => parse(bound.method.input, call.request));
      };
    case "client_streaming":
      return (call: ServerReadableStream<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
        void serveOne(bound, live, call, callback, () => requests(bound.method, call));
      };
    case "server_streaming":
      return (call: ServerWritableStream<Buffer, Buffer>) => {
        void serveMany(bound, live, call, () => once(parse(bound.method.input, call.request)));
      };
    case "bidi_streaming":
      return (call: ServerDuplexStream<Buffer, Buffer>) => {
        void serveMany(bound, live, call, () => requests(bound.method, call));
      };
    default:
      return kind satisfies never;
  }
}

/** Serves a method with a single answer. */
async function serveOne(
  bound: BoundMethod,
  live: LiveCalls,
  call: AnyCall,
  callback: sendUnaryData<Buffer>,
  read: () => Message | AsyncIterable<Message>,
): Promise<void> {
  const state = begin(bound.method, call, live);
  try {
    const answer = bound.call(makeRequest(state, toHeaders(call.metadata), read(), { url: bound.path }));
    state.armByDefault();
    const res = await answer;
    const message = await singleAnswer(res);
    const bytes = serialize(bound.method.output, message);
    const trailer = toMetadata(res.trailer);
    sendHeaders(call, res);
    end(state, live);
    callback(null, bytes, trailer);
  } catch (err) {
    const shown = toPublicError(err);
    end(state, live);
    if (!call.cancelled) {
      callback(statusOf(call, state, shown));
    }
  }
}

/** Serves a method whose answers are a stream. */
async function serveMany(
  bound: BoundMethod,
  live: LiveCalls,
  call: ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
  read: () => AsyncIterable<Message>,
): Promise<void> {
  const state = begin(bound.method, call, live);
  try {
    const answer = bound.call(makeRequest(state, toHeaders(call.metadata), read(), { url: bound.path }));
    state.armByDefault();
    const res = (await answer) as StreamResponse;
    const messages = await startReading(res.message);
    sendHeaders(call, res);
    for await (const message of messages) {
      if (!call.write(serialize(bound.method.output, message))) {
        await writable(call, state);
      }
    }
    const trailer = toMetadata(res.trailer);
    end(state, live);
    call.end(trailer);
  } catch (err) {
    const shown = toPublicError(err);
    end(state, live);
    if (!call.cancelled) {
      call.emit("error", statusOf(call, state, shown));
    }
  }
}

function begin(method: DescMethod, call: AnyCall, live: LiveCalls): CallState {
  const deadline = call.getDeadline();
  const at = typeof deadline === "number" ? deadline : deadline.getTime();
  const state = new CallState({
    method,
    protocolName: "grpc",
    timeoutMs: Number.isFinite(at) ? at - Date.now() : undefined,
    bare: false,
    principal: undefined,
    signal: undefined,
  });
  live.add(state);
  call.on("cancelled", () => state.abort(undefined));
  return state;
}

function end(state: CallState, live: LiveCalls): void {
  state.close();
  live.delete(state);
}

function sendHeaders(call: AnyCall, res: UnaryResponse | StreamResponse): void {
  call.sendMetadata(toMetadata(res.header));
}

function statusOf(call: AnyCall, state: CallState, err: ReturnType<typeof toPublicError>) {
  try {
    const header = toMetadata(state.responseHeader);
    const status = toGrpcStatus(err, state.responseTrailer);
    if (Object.keys(header.getMap()).length > 0) {
      call.sendMetadata(header);
    }
    return status;
  } catch (cause) {
    // A handler set a header that gRPC cannot carry; the error itself must still arrive.
    return toGrpcStatus(toPublicError(cause), new Headers());
  }
}

function requests(
  method: DescMethod,
  call: ServerReadableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
): AsyncIterable<Message> {
  // By default leaving the loop destroys the stream, and with it the answer still to be written.
  const chunks = call.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  return mapEach(chunks, (bytes) => parse(method.input, bytes));
}

function parse(desc: DescMessage, bytes: Buffer): Message {
  try {
    return fromBinary(desc, bytes);
  } catch (cause) {
    throw failRpc("MALFORMED_REQUEST", { type: desc.typeName }, { cause });
  }
}

function serialize(desc: DescMessage, message: Message): Buffer {
  const bytes = toBinary(desc, create(desc, message));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Waits until the client has taken what was written; a slow client slows its handler, not the memory. */
function writable(
  call: ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
  state: CallState,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      call.off("drain", settle);
      call.off("close", settle);
      state.offAbort(reject);
      resolve();
    };
    call.on("drain", settle);
    call.on("close", settle);
    state.onAbort(reject);
  });
}
