import type { ConnectError } from "@connectrpc/connect";

/** A refusal whose HTTP status says more than its RPC status can: 405, 406, 412, 413, 414, 415, 431. */
export class Refusal extends Error {
  readonly status: number;
  readonly error: ConnectError;
  readonly headers: readonly string[];

  constructor({ status, error, headers = [] }: { status: number; error: ConnectError; headers?: string[] }) {
    super(error.rawMessage, { cause: error });
    this.name = "Refusal";
    this.status = status;
    this.error = error;
    /** Names and values in turn, as `writeHead` takes them. */
    this.headers = headers;
  }
}
