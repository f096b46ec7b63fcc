import { create, toBinary } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";

/** A detail as it stands in google.protobuf.Any: the full name of its type, and its bytes. */
export interface EncodedDetail {
  type: string;
  value: Uint8Array;
}

/** The details of an error as bytes, whether it was made here or came over a wire. */
export function encodeDetails(err: ConnectError): EncodedDetail[] {
  return err.details.map((detail) =>
    "desc" in detail
      ? { type: detail.desc.typeName, value: toBinary(detail.desc, create(detail.desc, detail.value)) }
      : { type: detail.type, value: detail.value },
  );
}

/**
 * The error as a caller in another process would receive it: details as bytes, headers and trailers
 * in its metadata, no cause.
 */
export function asReceived(err: ConnectError, header?: Headers, trailer?: Headers): ConnectError {
  const received = new ConnectError(err.rawMessage, err.code);
  received.details = encodeDetails(err);
  received.isWireError = true;
  for (const source of [header, trailer, err.isWireError ? undefined : err.metadata]) {
    source?.forEach((value, key) => {
      received.metadata.append(key, value);
    });
  }
  return received;
}
