import type { DescMethodUnary } from "@bufbuild/protobuf";
import { appendRpcHeaders, baseHeaders, clientSignal, type Exchange, readCall } from "./exchange.ts";
import type { Fields } from "./fields.ts";
import { etagHeader, isNotModified } from "./headers.ts";

/** Serves one request of a unary method. Throws what `answerError` renders. */
export async function serveUnary(exchange: Exchange): Promise<void> {
  const { request, response, route, requestId, shared } = exchange;
  const { message, metadata, timeoutMs, contextValues } = await readCall(exchange);
  const answer = await shared.transport.unary(
    route.rule.method as DescMethodUnary,
    clientSignal(response).signal,
    timeoutMs,
    metadata,
    message,
    contextValues,
  );
  if (response.destroyed) return;
  const headers = baseHeaders(requestId);
  appendRpcHeaders(headers, shared.settings.responseHeaders, answer.header, answer.trailer);
  const result = answer.message as unknown as Fields;
  if (route.etag !== undefined) {
    const etag = etagHeader(result[route.etag] as string | undefined);
    if (etag !== undefined) {
      headers.push("etag", etag);
      if ((request.method === "GET" || request.method === "HEAD") && isNotModified(request.headers, etag)) {
        response.writeHead(304, headers);
        response.end();
        return;
      }
    }
  }
  if (route.rawResponse) {
    const data = Buffer.from(result["data"] as Uint8Array);
    headers.push("content-type", contentType(result), "content-length", String(data.length));
    response.writeHead(200, headers);
    response.end(data);
    return;
  }
  const json = route.write(result);
  headers.push("content-type", "application/json", "content-length", String(Buffer.byteLength(json)));
  response.writeHead(200, headers);
  response.end(json);
}

/** The content type of a google.api.HttpBody; one that cannot stand in a header is not passed on. */
export function contentType(body: Fields): string {
  const type = body["contentType"] as string;
  return /^[\x20-\x7e]+$/.test(type) ? type : "application/octet-stream";
}
