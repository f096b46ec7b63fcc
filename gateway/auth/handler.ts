import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { DatabaseUnavailable } from "../../lib/db/index.ts";
import { findCookie } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import type { Accounts } from "./better-auth.ts";
import { servePage } from "./pages.ts";
import type { SessionTokens } from "./session-token.ts";

const methods = ["GET", "HEAD", "POST"];
/** Everything that accounts are sent is small. */
const longestBody = 64 * 1024;

/** An answer that is no page and none of better-auth's, in its shape. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Serves everything below `/v1/auth/`, with `accounts` as they are at the time of the request. */
export function createAuthHandler({
  accounts,
  baseUrl,
  tokens,
  log,
}: {
  accounts: () => Accounts;
  baseUrl: string;
  tokens: SessionTokens;
  log: Log;
}): RequestListener {
  const { origin, pathname: basePath } = new URL(baseUrl);

  async function answer(incoming: IncomingMessage): Promise<Response> {
    const current = accounts();
    const path = incoming.url ?? "/";
    // Postgres stores no NUL, and no text of ours has one.
    if (/%00/.test(path)) throw new Refusal(400, "INVALID_REQUEST", "The address has a NUL character");
    const method = incoming.method ?? "GET";
    if (!methods.includes(method)) {
      throw new Refusal(405, "METHOD_NOT_ALLOWED", `Use one of ${methods.join(", ")}`);
    }
    const body = method === "GET" || method === "HEAD" ? null : await readBody(incoming);
    const request = new Request(baseUrl + pathBelow(path), {
      method,
      headers: renewSignatures(headersOf(incoming, origin), current.sessionCookie, tokens),
      body,
    });
    const page = new URL(request.url).pathname.slice(basePath.length);
    return (await servePage({ accounts: current, request, page })) ?? (await current.handler(request));
  }

  return (incoming, outgoing) => {
    answer(incoming)
      .catch((err: unknown) => refusalOf(err, log))
      .then((response) => send(response, outgoing))
      .catch((err: unknown) => {
        log.warn({ err }, "an answer was not sent");
        outgoing.destroy();
      });
  };
}

/** The part of a path that follows `/v1/auth`, with its query. */
function pathBelow(url: string): string {
  return url.replace(/^\/v1\/auth(?=\/|\?|$)/, "");
}

function headersOf({ headersDistinct }: IncomingMessage, ownOrigin: string): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(headersDistinct)) {
    // A cookie header may come in pieces over HTTP/2, and they are not joined as others are.
    headers.set(name, values?.join(name === "cookie" ? "; " : ", ") ?? "");
  }
  // Of no use behind a body that was read already.
  headers.delete("content-length");
  headers.delete("transfer-encoding");
  headers.delete("content-encoding");
  // Browsers say where a request is from, and better-auth wants to know; what says nothing is no browser's.
  if (!["origin", "referer", "sec-fetch-site"].some((name) => headers.has(name))) {
    headers.set("origin", ownOrigin);
  }
  return headers;
}

/** better-auth knows one secret alone: what an earlier one has signed is signed again for it. */
function renewSignatures(headers: Headers, cookieName: string, tokens: SessionTokens): Headers {
  const renewed = (signed: string | undefined) => {
    const session = signed === undefined ? undefined : tokens.verify(signed);
    return session === undefined || session.current ? undefined : tokens.sign(session.token);
  };
  const cookies = headers.get("cookie");
  const cookie = renewed(findCookie(cookies, cookieName));
  if (cookie !== undefined) {
    const others = (cookies ?? "").split(";").filter((pair) => pair.split("=")[0]?.trim() !== cookieName);
    headers.set("cookie", [`${cookieName}=${encodeURIComponent(cookie)}`, ...others].join("; "));
  }
  const bearer = renewed(/^bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1]);
  if (bearer !== undefined) headers.set("authorization", `Bearer ${bearer}`);
  return headers;
}

async function readBody(incoming: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestBody) {
      throw new Refusal(413, "PAYLOAD_TOO_LARGE", `The body has more than ${longestBody} bytes`);
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  // A backslash before it, itself not escaped, would make it six characters.
  if (/\0|(?<!\\)(?:\\\\)*\\u0000/.test(text)) {
    throw new Refusal(400, "INVALID_REQUEST", "The body has a NUL character");
  }
  return text === "" ? null : text;
}

function refusalOf(err: unknown, log: Log): Response {
  const refusal =
    err instanceof Refusal
      ? err
      : err instanceof DatabaseUnavailable
        ? new Refusal(503, "UNAVAILABLE", "Try again later")
        : new Refusal(500, "INTERNAL", "Something went wrong");
  if (refusal !== err) log.error({ err }, "auth");
  return json(refusal);
}

function json({ status, code, message }: Refusal): Response {
  return Response.json({ code, message }, { status });
}

async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  const text = Buffer.from(await response.arrayBuffer());
  // The router's own, which has no body.
  if (response.status === 404 && text.length === 0) {
    return send(json(new Refusal(404, "NOT_FOUND", "There is nothing at this address")), outgoing);
  }
  // A redirect says that it is JSON, and is nothing.
  const dropped = text.length === 0 ? ["set-cookie", "content-type"] : ["set-cookie"];
  const headers = Object.fromEntries([...response.headers].filter(([name]) => !dropped.includes(name)));
  const cookies = response.headers.getSetCookie();
  outgoing
    .writeHead(response.status, {
      "cache-control": "no-store",
      ...headers,
      ...(cookies.length > 0 && { "set-cookie": cookies }),
      "content-length": text.length,
      ...(response.status === 405 && { allow: methods.join(", ") }),
      // What is left of a body that was too long is not waited for.
      ...(response.status === 413 && { connection: "close" }),
    })
    .end(text);
}
