import { ConnectError } from "@connectrpc/connect";
import { expect } from "vitest";

/** What the call failed with; the test fails when it succeeded, or failed with anything but a ConnectError. */
export async function failureOf(call: Promise<unknown>): Promise<ConnectError> {
  const outcome = await call.then(
    () => undefined,
    (err: unknown) => err,
  );
  expect(outcome).toBeInstanceOf(ConnectError);
  return outcome as ConnectError;
}

/** All messages of a stream. */
export async function all<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = [];
  for await (const message of messages) {
    got.push(message);
  }
  return got;
}

/** A stream of these messages. */
export async function* stream<T>(...messages: T[]): AsyncGenerator<T> {
  yield* messages;
}
