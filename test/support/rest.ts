/** An answer of the gateway: its status and its JSON. */
export interface Answer {
  status: number;
  // The tests read answers as a storefront does: as plain JSON.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
  headers: Headers;
}

/** What a call carries besides its path. */
export interface Call {
  body?: unknown;
  /** The token of a cart. */
  token?: string | undefined;
  /** The staff key. */
  staff?: string | undefined;
  /** The idempotency key. */
  key?: string | undefined;
}

/** Calls the REST API at one address. */
export type Rest = (method: string, path: string, call?: Call) => Promise<Answer>;

/** A REST client over fetch. */
export function createRest(baseUrl: string): Rest {
  return async (method, path, { body, token, staff, key } = {}) => {
    const response = await fetch(baseUrl + path, {
      method,
      headers: {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(token !== undefined && { "rowlock-token": token }),
        ...(staff !== undefined && { authorization: `Bearer ${staff}` }),
        ...(key !== undefined && { "idempotency-key": key }),
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: read(text, response.headers.get("content-type")),
      headers: response.headers,
    };
  };
}

/** The reason in an error's ErrorInfo. */
export function reasonIn(answer: Answer): string | undefined {
  return infoIn(answer)?.reason;
}

/** The ErrorInfo of an error. */
export function infoIn(answer: Answer): { reason: string; metadata: Record<string, string> } | undefined {
  const details: { "@type": string; reason: string; metadata: Record<string, string> }[] =
    answer.body?.error?.details ?? [];
  return details.find((detail) => detail["@type"].endsWith("google.rpc.ErrorInfo"));
}

/** JSON; the messages of a stream as a list; a page as it is. */
function read(text: string, type: string | null): unknown {
  if (type?.startsWith("application/x-ndjson"))
    return text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  if (type?.startsWith("text/html")) return text;
  return text === "" ? undefined : JSON.parse(text);
}
