import type { DescMethodStreaming, DescMethodUnary, Message } from "@bufbuild/protobuf";
import { compress, responseCoding, variesByCoding } from "./coding.ts";
import { entityTag, isNotModified, requireMatch } from "./conditional.ts";
import {
  appendRpcHeaders,
  baseHeaders,
  clientSignal,
  type Exchange,
  readHead,
  readMessage,
  varyOf,
} from "./exchange.ts";
import type { Fields } from "./fields.ts";
import { fail } from "./reasons.ts";
import { RequestStream } from "./request-stream.ts";

/** What a call came to: one message. */
interface Answer {
  readonly header: Headers;
  readonly trailer: Headers;
  readonly message: Message;
}

/** Serves one request of a unary method. Throws what `answerError` renders. */
export async function serveUnary(exchange: Exchange): Promise<void> {
  const { response, route, shared } = exchange;
  // What is there already is not awaited: each turn through the queue would cost as much as a small route.
  const reading = readHead(exchange);
  const { metadata, timeoutMs, contextValues } = reading instanceof Promise ? await reading : reading;
  const message = readMessage(exchange);
  const answer = await shared.transport.unary(
    route.rule.method as DescMethodUnary,
    clientSignal(response).signal,
    timeoutMs,
    metadata,
    message instanceof Promise ? await message : message,
    contextValues,
  );
  const compressing = writeAnswer(exchange, answer);
  if (compressing !== undefined) await compressing;
}

/** Serves one request of a method that takes a stream and answers one message. */
export async function serveClientStream(exchange: Exchange): Promise<void> {
  const { response, route, shared } = exchange;
  const { metadata, timeoutMs, contextValues } = await readHead(exchange);
  const controller = clientSignal(response);
  const requests = new RequestStream(exchange, controller);
  try {
    const { header, trailer, message } = await shared.transport.stream(
      route.rule.method as DescMethodStreaming,
      controller.signal,
      timeoutMs,
      metadata,
      requests.messages(),
      contextValues,
    );
    let answer: Message | undefined;
    // To the end, since the trailers come after the message.
    for await (const only of message) answer = only;
    if (answer === undefined) throw fail("NO_ANSWER", {});
    await writeAnswer(exchange, { header, trailer, message: answer });
  } catch (err) {
    throw requests.error ?? err;
  } finally {
    controller.abort();
    requests.close();
  }
}

/** Answers; later, with a promise, when the answer has to be compressed first. */
function writeAnswer(exchange: Exchange, { header, trailer, message }: Answer): Promise<void> | undefined {
  const { request, response, route, requestId, shared } = exchange;
  if (response.destroyed) return undefined;
  const headers = baseHeaders(requestId);
  appendRpcHeaders(headers, shared.settings.responseHeaders, header, trailer);
  const result = message as unknown as Fields;
  const etag = route.etag === undefined ? undefined : (result[route.etag] as string | undefined);
  const tag = entityTag(etag);
  if (etag !== undefined && tag !== undefined && (request.method === "GET" || request.method === "HEAD")) {
    requireMatch(request.headers, etag);
    if (isNotModified(request.headers, etag)) {
      headers.push("etag", tag);
      if (shared.settings.compress) headers.push("vary", varyOf(response, "accept-encoding"));
      response.writeHead(304, headers);
      response.end();
      return undefined;
    }
  }
  let type = "application/json";
  let body: string | Uint8Array;
  let length: number;
  if (route.raw === undefined) {
    body = route.write(result);
    length = Buffer.byteLength(body);
  } else {
    const content = route.raw(result);
    type = contentType(content);
    body = dataOf(content);
    length = body.length;
  }
  const { compress: mayCompress } = shared.settings;
  if (mayCompress && variesByCoding(type, length)) headers.push("vary", varyOf(response, "accept-encoding"));
  const coding = mayCompress ? responseCoding(request, type, length) : undefined;
  headers.push("content-type", type);
  const { status } = route.rule;
  if (coding === undefined) {
    if (tag !== undefined) headers.push("etag", tag);
    headers.push("content-length", String(length));
    response.writeHead(status, headers);
    response.end(body);
    return undefined;
  }
  // Compressed, it is another representation of the same state (RFC 9110, section 8.8.1).
  if (tag !== undefined) headers.push("etag", `W/${tag}`);
  return compress(body, coding).then((compressed) => {
    headers.push("content-encoding", coding, "content-length", String(compressed.length));
    response.writeHead(status, headers);
    response.end(compressed);
  });
}

/** The content type of a google.api.HttpBody; one that cannot stand in a header is not passed on. */
export function contentType(body: Fields | undefined): string {
  const type = (body?.["contentType"] ?? "") as string;
  return /^[\x20-\x7e]+$/.test(type) ? type : "application/octet-stream";
}

/** The bytes of a google.api.HttpBody. */
export function dataOf(body: Fields | undefined): Uint8Array {
  return (body?.["data"] as Uint8Array | undefined) ?? new Uint8Array();
}
