import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { Metadata, type StatusObject } from "@grpc/grpc-js";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { type Status, StatusSchema } from "../../gen/google/rpc/status_pb.js";
import { codeName } from "../errors/codes.ts";
import { failure } from "../errors/reasons.ts";
import { appendHeaders, toHeaders } from "./metadata.ts";
import { type EncodedDetail, encodeDetails } from "./wire-error.ts";

const detailsKey = "grpc-status-details-bin";
const typePrefix = "type.googleapis.com/";

/**
 * Common clients refuse more than 8 KiB of metadata, and base64 makes 4 bytes of 3. Above this
 * the details are cut to the ErrorInfo, and left out when even that is too large.
 */
const maxStatusBytes = 5_000;
/** Bytes of UTF-8; percent-encoding may triple them. */
const maxMessageBytes = 600;

/** An error as a gRPC status: code, message, and google.rpc.Status with the details in the trailers. */
export function toGrpcStatus(err: ConnectError, trailer: Headers): StatusObject {
  const metadata = new Metadata();
  appendHeaders(metadata, trailer);
  if (!err.isWireError) {
    appendHeaders(metadata, err.metadata);
  }
  const message = shorten(err.rawMessage);
  const encoded = encodeStatus(err, message);
  if (encoded !== undefined) {
    metadata.set(detailsKey, encoded);
  }
  return { code: err.code as number, details: message, metadata };
}

function encodeStatus(err: ConnectError, message: string): Buffer | undefined {
  const details = encodeDetails(err).map(({ type, value }) =>
    create(AnySchema, { typeUrl: typePrefix + type, value }),
  );
  const info = details.filter(({ typeUrl }) => typeUrl === typePrefix + ErrorInfoSchema.typeName);
  for (const kept of [details, info]) {
    if (kept.length > 0) {
      const bytes = toBinary(StatusSchema, create(StatusSchema, { code: err.code, message, details: kept }));
      if (bytes.byteLength <= maxStatusBytes) {
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      }
    }
  }
  return undefined;
}

function shorten(message: string): string {
  // A lone surrogate cannot be percent-encoded.
  const text = message.toWellFormed();
  const bytes = Buffer.from(text);
  if (bytes.byteLength <= maxMessageBytes) {
    return text;
  }
  return `${bytes
    .subarray(0, maxMessageBytes)
    .toString()
    .replace(/\uFFFD+$/, "")}…`;
}

/**
 * The error of a finished call. A status without details was not made by a Rowlock service (nobody
 * answered, the deadline passed on the way): it gets an ErrorInfo named after its code, and the text
 * of a failure of the way itself, which may name hosts, is kept in the cause.
 */
export function fromGrpcStatus(status: StatusObject, header: Headers | undefined): ConnectError {
  const code = status.code >= 1 && status.code <= 16 ? (status.code as number as Code) : Code.Unknown;
  const parsed = parseStatus(status.metadata);
  const err =
    parsed === undefined ? unexplained(code, status.details) : new ConnectError(status.details, code);
  err.details = parsed === undefined ? encodeDetails(err) : parsed.details.map(decodeAny);
  err.isWireError = true;
  for (const source of [header, toHeaders(status.metadata)]) {
    source?.forEach((value, key) => {
      if (key !== detailsKey) {
        err.metadata.append(key, value);
      }
    });
  }
  return err;
}

function unexplained(code: Code, text: string): ConnectError {
  const message = ofTheWay[code];
  return failure({
    code,
    reason: codeName(code),
    message: message ?? text,
    cause: message === undefined ? undefined : new Error(text),
  });
}

function decodeAny({ typeUrl, value }: Any): EncodedDetail {
  return { type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value: Uint8Array.from(value) };
}

const ofTheWay: Partial<Record<Code, string>> = {
  [Code.Canceled]: "the call was canceled",
  [Code.Unknown]: "the service failed",
  [Code.DeadlineExceeded]: "the call took too long",
  [Code.Internal]: "internal error",
  [Code.Unavailable]: "the service is not available",
};

function parseStatus(metadata: Metadata): Status | undefined {
  const bytes = metadata.get(detailsKey)[0];
  if (bytes === undefined || typeof bytes === "string") {
    return undefined;
  }
  try {
    return fromBinary(StatusSchema, bytes);
  } catch {
    // A foreign server may put anything here; its code and message still stand.
    return undefined;
  }
}
