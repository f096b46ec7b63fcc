import { decodeBinaryHeader, encodeBinaryHeader } from "@connectrpc/connect";
import { Metadata } from "@grpc/grpc-js";
import { invalidArgument } from "../errors/reasons.ts";

/** Belong to one connection or to the protocol; HTTP/2 or gRPC refuses them, or sets its own. */
const notForwarded = new Set([
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
]);

/** Headers as gRPC metadata. Values of names ending in `-bin` are base64 in headers, bytes in metadata. */
export function toMetadata(headers: Headers): Metadata {
  const metadata = new Metadata();
  appendHeaders(metadata, headers);
  return metadata;
}

/**
 * Adds the headers to the metadata.
 * Errors: INVALID_ARGUMENT for a value that gRPC cannot carry (outside printable ASCII, or not base64).
 */
export function appendHeaders(metadata: Metadata, headers: Headers): void {
  headers.forEach((value, name) => {
    if (notForwarded.has(name) || name.startsWith("grpc-")) {
      return;
    }
    try {
      if (name.endsWith("-bin")) {
        for (const part of value.split(",")) {
          metadata.add(name, Buffer.from(decodeBinaryHeader(part.trim())));
        }
      } else {
        metadata.add(name, value);
      }
    } catch {
      throw invalidArgument([
        { field: "", description: `the header ${name} has a value that gRPC cannot carry` },
      ]);
    }
  });
}

/** gRPC metadata as headers. */
export function toHeaders(metadata: Metadata): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(metadata.toJSON())) {
    for (const value of values) {
      headers.append(name, typeof value === "string" ? value : encodeBinaryHeader(Uint8Array.from(value)));
    }
  }
  return headers;
}
