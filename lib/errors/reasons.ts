import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, type ErrorInfo, ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.js";

/** The domain of every ErrorInfo that Rowlock sends. */
export const errorDomain = "rowlock.dev";

/** One entry of a service's error catalogue. Each `{variable}` of the message must be in the metadata. */
export interface Reason {
  code: Code;
  message: string;
}

/** A typed detail besides the ErrorInfo: a message descriptor and its initial value. */
export type Detail = { desc: DescMessage; value: object };

/** Fails with one of a catalogue's reasons. */
export interface Fail<R extends Record<string, Reason>> {
  (
    reason: keyof R & string,
    metadata: Record<string, string>,
    options?: { cause?: unknown; details?: Detail[] },
  ): ConnectError;
  /** The catalogue, for documents. */
  readonly reasons: R;
}

/**
 * Makes the function with which a service fails: `throw fail("ORDER_NOT_FOUND", { order_id })`.
 * The error carries exactly one google.rpc.ErrorInfo with the reason and the metadata.
 * `cause` goes to the log and never to the caller.
 *
 * @throws TypeError when a variable of the message is not in the metadata: a programmer's error.
 */
export function defineReasons<const R extends Record<string, Reason>>(reasons: R): Fail<R> {
  const fail = (
    reason: keyof R & string,
    metadata: Record<string, string>,
    options?: { cause?: unknown; details?: Detail[] },
  ) => {
    const entry = reasons[reason];
    if (entry === undefined) {
      throw new TypeError(`reason ${reason} is not in the catalogue`);
    }
    return failure({
      code: entry.code,
      reason,
      message: render(reason, entry.message, metadata),
      metadata,
      details: options?.details ?? [],
      cause: options?.cause,
    });
  };
  return Object.assign(fail, { reasons });
}

/** The google.rpc.ErrorInfo of a ConnectError; undefined for any other value. */
export function errorInfo(err: unknown): ErrorInfo | undefined {
  return err instanceof ConnectError ? err.findDetails(ErrorInfoSchema)[0] : undefined;
}

/** The reason in the ErrorInfo of a ConnectError; undefined for any other value. */
export function reasonOf(err: unknown): string | undefined {
  return errorInfo(err)?.reason;
}

/**
 * More violations than this are left out of an error: details travel in HTTP/2
 * trailers, and common clients refuse more than 8 KiB of them.
 */
const maxViolations = 30;

/**
 * INVALID_ARGUMENT with a google.rpc.BadRequest. `field` is the path as the proto spells it
 * (`lines[0].quantity`), or empty when the whole request is at fault.
 */
export function invalidArgument(violations: { field: string; description: string }[]): ConnectError {
  const first = violations[0] ?? { field: "", description: "the request is not valid" };
  const metadata = first.field === "" ? { description: first.description } : { ...first };
  return failure({
    code: Code.InvalidArgument,
    reason: "INVALID_ARGUMENT",
    message: first.field === "" ? first.description : `${first.field}: ${first.description}`,
    metadata,
    details: [{ desc: BadRequestSchema, value: { fieldViolations: violations.slice(0, maxViolations) } }],
  });
}

/** Builds the one form in which an error leaves a service: ErrorInfo first, other details after it. */
export function failure({
  code,
  reason,
  message,
  metadata = {},
  details = [],
  cause,
}: {
  code: Code;
  reason: string;
  message: string;
  metadata?: Record<string, string>;
  details?: Detail[];
  cause?: unknown;
}): ConnectError {
  const info = create(ErrorInfoSchema, { reason, domain: errorDomain, metadata });
  return new ConnectError(
    message,
    code,
    undefined,
    [
      { desc: ErrorInfoSchema, value: info },
      ...details.map(({ desc, value }) => ({ desc, value: value as MessageInitShape<DescMessage> })),
    ],
    cause,
  );
}

function render(reason: string, template: string, metadata: Record<string, string>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = Object.hasOwn(metadata, name) ? metadata[name] : undefined;
    if (value === undefined) {
      throw new TypeError(`reason ${reason} needs "${name}" in its metadata`);
    }
    return value;
  });
}
