import type { IncomingMessage, ServerResponse } from "node:http";
import { createRegistry } from "@bufbuild/protobuf";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import {
  codeToHttpStatus,
  endStreamFlag,
  endStreamToJson,
  errorToJson,
} from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc-web";
import { file_google_rpc_error_details } from "../../gen/google/rpc/error_details_pb.js";
import { toPublicError } from "../../lib/errors/public-error.ts";
import { answerAndClose, leavesBody } from "../transcoder/body.ts";
import { createErrorRenderer } from "../transcoder/errors.ts";
import { createJsonWriter } from "../transcoder/json-write.ts";

/** Answers a request with an error, in the words of the protocol in which it was asked. */
export type Refuse = (request: IncomingMessage, response: ServerResponse, error: unknown) => void;

const registry = createRegistry(file_google_rpc_error_details);
const standardWriter = createJsonWriter({ registry, emitDefaults: false });
const renderer = createErrorRenderer({ registry, writer: standardWriter, standardWriter, realm: "rowlock" });

/** `isRpc` tells the requests of Connect and gRPC-Web from those of REST. */
export function createRefuse({ isRpc }: { isRpc: (request: IncomingMessage) => boolean }): Refuse {
  return (request, response, error) => {
    if (response.destroyed || response.headersSent) return void response.destroy();
    const rpc = isRpc(request);
    const { status, headers, body } = rpc
      ? renderForRpc(request.headers["content-type"] ?? "", error)
      : renderForRest(error);
    headers.push("content-length", String(Buffer.byteLength(body)), "cache-control", "no-store");
    // A body that nobody reads must not be taken for the connection's next request.
    const closing = leavesBody(request);
    if (closing && typeof body === "string")
      return answerAndClose(request, response, { status, headers, body });
    if (closing) headers.push("connection", "close");
    response.writeHead(status, headers).end(body);
  };
}

interface Rendered<Body> {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: Body;
}

/** An error as REST answers it. */
export function renderForRest(error: unknown): Rendered<string> {
  const { status, headers, body } = renderer.render(error);
  return { status, headers: ["content-type", "application/json", ...headers], body };
}

/** An error as the protocol of this content type answers it. In a stream's answer a failure is a 200, too. */
function renderForRpc(contentType: string, thrown: unknown): Rendered<string | Uint8Array> {
  const error = toPublicError(thrown);
  if (contentType.startsWith("application/grpc-web")) {
    const headers = ["content-type", contentType];
    setTrailerStatus(new Headers(), error).forEach((value, name) => void headers.push(name, value));
    return { status: 200, headers, body: "" };
  }
  if (contentType.startsWith("application/connect+")) {
    const end = Buffer.from(JSON.stringify(endStreamToJson(new Headers(), error, undefined)));
    return { status: 200, headers: ["content-type", contentType], body: encodeEnvelope(endStreamFlag, end) };
  }
  const body = JSON.stringify(errorToJson(error, undefined));
  return { status: codeToHttpStatus(error.code), headers: ["content-type", "application/json"], body };
}
