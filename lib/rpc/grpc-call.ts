import type { ConnectError } from "@connectrpc/connect";
import { type ChannelInterface, type Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { abortError } from "./call-state.ts";
import { fromGrpcStatus } from "./grpc-status.ts";
import { toHeaders } from "./metadata.ts";

type ChannelCall = ReturnType<ChannelInterface["createCall"]>;

/** What a call receives, in order: headers at most once, messages, and the status exactly once. */
export interface CallListener {
  onHeader?(header: Headers): void;
  onMessage(bytes: Buffer): void;
  /** `err` is undefined when the call succeeded. */
  onEnd(err: ConnectError | undefined, trailer: Headers): void;
}

/**
 * One call over a channel, for all kinds of RPC. Below the level of grpc-js's generated clients:
 * those capture a stack trace for each call and hide its headers and trailers.
 */
export class GrpcCall {
  readonly #call: ChannelCall;
  readonly #onAbort: () => void;
  #givenUp: ConnectError | undefined;
  #ended = false;

  constructor({
    channel,
    path,
    metadata,
    timeoutMs,
    signal,
    listener,
  }: {
    channel: ChannelInterface;
    path: string;
    metadata: Metadata;
    timeoutMs: number | undefined;
    signal: AbortSignal | undefined;
    listener: CallListener;
  }) {
    const deadline =
      timeoutMs !== undefined && timeoutMs > 0 ? Date.now() + timeoutMs : Number.POSITIVE_INFINITY;
    this.#call = channel.createCall(path, deadline, null, null, null);
    // By way of a variable: a function that is assigned to a property at once V8 takes for a method that will last,
    // and all that it refers to stays until a full collection.
    const onAbort = () => this.cancel(abortError(signal?.reason, path.slice(1)));
    this.#onAbort = onAbort;
    let header: Headers | undefined;
    this.#call.start(metadata, {
      onReceiveMetadata: (received) => {
        header = toHeaders(received);
        listener.onHeader?.(header);
      },
      onReceiveMessage: (bytes: Buffer) => listener.onMessage(bytes),
      onReceiveStatus: (received) => {
        this.#ended = true;
        signal?.removeEventListener("abort", this.#onAbort);
        listener.onEnd(this.#errorOf(received, header), toHeaders(received.metadata));
      },
    });
    if (signal?.aborted === true) {
      this.#onAbort();
    } else {
      signal?.addEventListener("abort", this.#onAbort, { once: true });
    }
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Asks for the next message. */
  read(): void {
    this.#call.startRead();
  }

  /** Sends one message; `sent` is called when there is room for another, and never once the call has ended. */
  write(bytes: Uint8Array, sent: () => void): void {
    this.#call.sendMessageWithContext(
      { callback: sent },
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    );
  }

  /** Says that no more messages follow. */
  halfClose(): void {
    this.#call.halfClose();
  }

  /** Gives the call up: it ends with `reason`. */
  cancel(reason: ConnectError): void {
    if (this.#ended || this.#givenUp !== undefined) {
      return;
    }
    this.#givenUp = reason;
    this.#call.cancelWithStatus(status.CANCELLED, "the call was canceled");
  }

  #errorOf(received: StatusObject, header: Headers | undefined): ConnectError | undefined {
    return received.code === status.OK ? undefined : (this.#givenUp ?? fromGrpcStatus(received, header));
  }
}
