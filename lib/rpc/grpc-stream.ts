import { type DescMessage, fromBinary, type Message, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { Code, type StreamRequest, type StreamResponse } from "@connectrpc/connect";
import type { ChannelInterface, Metadata } from "@grpc/grpc-js";
import { toPublicError } from "../errors/public-error.ts";
import { failure } from "../errors/reasons.ts";
import { abortError } from "./call-state.ts";
import { GrpcCall } from "./grpc-call.ts";

/**
 * Makes a streaming call: sends the request's messages as the server takes them, and resolves with
 * the headers. Messages are read from the wire one at a time, as the caller asks for them.
 */
export function openStream({
  req,
  ...init
}: {
  req: StreamRequest;
  channel: ChannelInterface;
  path: string;
  metadata: Metadata;
  timeoutMs: number | undefined;
  signal: AbortSignal | undefined;
}): Promise<StreamResponse> {
  return new Promise((resolve, reject) => {
    const answers = new Answers(req.method.output, () => call.read());
    const sender = new Sender(req);
    const trailer = new Headers();
    const respond = (header: Headers) =>
      resolve({
        stream: true,
        service: req.service,
        method: req.method,
        header,
        trailer,
        message: answers.iterable(() => call.cancel(abortError(undefined, init.path.slice(1)))),
      });
    const call: GrpcCall = new GrpcCall({
      ...init,
      listener: {
        onHeader: respond,
        onMessage: (bytes) => answers.push(bytes),
        onEnd(err, received) {
          received.forEach((value, name) => {
            trailer.append(name, value);
          });
          answers.end(err);
          sender.stop();
          // Without headers the status is the whole answer; otherwise these change nothing.
          if (err === undefined) {
            respond(new Headers());
          } else {
            reject(err);
          }
        },
      },
    });
    void sender.run(call);
  });
}

/** The messages of a response, handed from the channel to a reader that may be slower or faster. */
class Answers {
  readonly #desc: DescMessage;
  readonly #read: () => void;
  readonly #inbox: Buffer[] = [];
  #reading = false;
  #end: { err: Error | undefined } | undefined;
  #wake: (() => void) | undefined;

  constructor(desc: DescMessage, read: () => void) {
    this.#desc = desc;
    this.#read = read;
  }

  push(bytes: Buffer): void {
    this.#reading = false;
    this.#inbox.push(bytes);
    this.#wake?.();
  }

  end(err: Error | undefined): void {
    this.#end = { err };
    this.#wake?.();
  }

  iterable(cancel: () => void): AsyncIterable<MessageShape<DescMessage>> {
    const iterator: AsyncIterator<Message> = {
      next: () => this.#next(),
      return: () => {
        cancel();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }

  async #next(): Promise<IteratorResult<Message>> {
    for (;;) {
      const bytes = this.#inbox.shift();
      if (bytes !== undefined) {
        return { done: false, value: parseAnswer(this.#desc, bytes) };
      }
      if (this.#end !== undefined) {
        if (this.#end.err !== undefined) {
          throw this.#end.err;
        }
        return { done: true, value: undefined };
      }
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (!this.#reading) {
        this.#reading = true;
        this.#read();
      }
      await woken;
    }
  }
}

/** Sends the messages of a request, each when there is room for it. */
class Sender {
  readonly #it: AsyncIterator<Message>;
  readonly #desc: DescMessage;
  #sent: (() => void) | undefined;

  constructor(req: StreamRequest) {
    this.#it = req.message[Symbol.asyncIterator]();
    this.#desc = req.method.input;
  }

  async run(call: GrpcCall): Promise<void> {
    try {
      for (;;) {
        const result = await this.#it.next();
        if (call.ended) {
          return;
        }
        if (result.done === true) {
          call.halfClose();
          return;
        }
        const bytes = toBinary(this.#desc, result.value);
        await new Promise<void>((resolve) => {
          this.#sent = resolve;
          call.write(bytes, resolve);
        });
        if (call.ended) {
          return;
        }
      }
    } catch (err) {
      // What the caller's own iterable throws is how the call ends.
      call.cancel(toPublicError(err));
    }
  }

  /** The call has ended: the caller's iterable may finish, and nothing waits for room any more. */
  stop(): void {
    this.#sent?.();
    this.#it.return?.().catch(() => {
      // Its failure comes too late to matter.
    });
  }
}

/** Parses an answer. Errors: INTERNAL, reason MALFORMED_RESPONSE, when there is none or it is of another type. */
export function parseAnswer(desc: DescMessage, bytes: Buffer | undefined): Message {
  try {
    if (bytes === undefined) {
      throw new Error("the service sent no message");
    }
    return fromBinary(desc, bytes);
  } catch (cause) {
    throw failure({ code: Code.Internal, reason: "MALFORMED_RESPONSE", message: "internal error", cause });
  }
}
