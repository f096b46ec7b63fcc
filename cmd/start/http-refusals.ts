import { type IncomingMessage, type RequestListener, type ServerResponse, STATUS_CODES } from "node:http";
import type { ConnectError } from "@connectrpc/connect";
import { fail } from "../../gateway/front/reasons.ts";
import { renderForRest } from "../../gateway/front/refuse.ts";
import { Refusal as StatusRefusal } from "../../gateway/transcoder/refusal.ts";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";

/** An answer that is given before, or instead of, any handler's. `headers` are names and values in turn. */
interface Refusal {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
}

/** A host name or address, with or without a port: what a URL can be made of (RFC 9110, section 7.2). */
const hostPattern = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** Why a request that could be parsed is not served all the same; undefined when it is. */
export function refusalOf(
  { httpVersion, headers, rawHeaders }: IncomingMessage,
  { maxHeaders }: { maxHeaders: number },
): Refusal | undefined {
  if (rawHeaders.length > 2 * maxHeaders) {
    return refusal(431, fail("HEADERS_TOO_LARGE", { limit: `${maxHeaders} headers` }));
  }
  const { host, upgrade } = headers;
  if (host === undefined ? httpVersion !== "1.0" : !hostPattern.test(host)) {
    return malformed("it needs a valid Host header");
  }
  // Other upgrades are offers that may be passed over (RFC 9110, section 7.8): clients offer h2c unasked.
  if (upgrade?.toLowerCase() === "websocket") {
    return refusal(501, fail("UPGRADE_REFUSED", { protocol: "WebSocket" }));
  }
  return undefined;
}

/** What to answer when Node's parser refuses a request, or the time for it is over. */
export function parserRefusal(
  { code, message }: NodeJS.ErrnoException,
  { maxHeaderBytes }: { maxHeaderBytes: number },
): Refusal {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return refusal(431, fail("HEADERS_TOO_LARGE", { limit: `${maxHeaderBytes} bytes` }));
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return refusal(413, fail("HEADERS_TOO_LARGE", { limit: "what chunk extensions may be" }));
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return refusal(408, fail("REQUEST_TIMEOUT", {}));
    default:
      return malformed(
        code?.startsWith("HPE_") ? message.replace(/^Parse Error: /, "") : "it cannot be read",
      );
  }
}

/** Answers everything as long as a process is not complete. */
export const answerStarting: RequestListener = (_request, response) => {
  const retry = { desc: RetryInfoSchema, value: { retryDelay: { seconds: 1n } } };
  answerAndClose(response, refusal(503, fail("STARTING", {}, { details: [retry] })));
};

/** Answers, and closes the connection: what still comes on it is not to be trusted, or not wanted. */
export function answerAndClose(response: ServerResponse, { status, headers, body }: Refusal): void {
  response.writeHead(status, [...headers]).end(body);
}

/** The answer as bytes, for a connection on which there is no request to answer. */
export function rawAnswer({ status, headers, body }: Refusal): string {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`];
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

function malformed(problem: string): Refusal {
  return refusal(400, fail("MALFORMED_HTTP", { problem }));
}

/** `status` is HTTP's own for the fault, where it says more than that of the error's code. */
function refusal(status: number, error: ConnectError): Refusal {
  const rendered = renderForRest(new StatusRefusal({ status, error }));
  const { headers, body } = rendered;
  const length = String(Buffer.byteLength(body));
  return { status, headers: [...headers, "content-length", length, "connection", "close"], body };
}
