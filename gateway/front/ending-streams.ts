import type { DescMethod } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import { failRpc } from "../../lib/rpc/reasons.ts";

/** A transport whose streams without an end of their own can be ended. */
export interface EndingStreams {
  readonly transport: Transport;
  /** Ends those that are open, and those that are begun later, with SHUTTING_DOWN (UNAVAILABLE). */
  readonly end: () => void;
}

/**
 * Watches last until their client leaves: a process that stops has to end them, so that their clients go elsewhere at
 * once. They are the streams of messages with an `event_id`, from which they are resumed; every other stream is left to
 * finish, as calls are.
 */
export function createEndingStreams(transport: Transport): EndingStreams {
  const waiting = new Set<(reason: Error) => void>();
  let ended = false;
  return {
    transport: {
      unary: (...call) => transport.unary(...call),
      async stream(method, ...call) {
        if (!isResumable(method)) return transport.stream(method, ...call);
        const answer = await unlessEnded(transport.stream(method, ...call));
        return { ...answer, message: endable(answer.message) };
      },
    },
    end: () => {
      ended = true;
      for (const giveUp of waiting) giveUp(failRpc("SHUTTING_DOWN", {}));
    },
  };

  function unlessEnded<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settled = () => waiting.delete(reject);
      waiting.add(reject);
      work.then(resolve, reject).finally(settled);
      if (ended) reject(failRpc("SHUTTING_DOWN", {}));
    });
  }

  async function* endable<T>(messages: AsyncIterable<T>): AsyncGenerator<T> {
    const source = messages[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await unlessEnded(source.next());
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      // Not awaited: one that is waiting for a message returns only once its call is given up.
      source.return?.().catch(() => undefined);
    }
  }
}

function isResumable(method: DescMethod): boolean {
  return (
    method.methodKind === "server_streaming" && method.output.fields.some(({ name }) => name === "event_id")
  );
}
