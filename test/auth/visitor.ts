/** An answer of `/v1/auth/…`, or of REST, to a browser. */
export interface Seen {
  status: number;
  headers: Headers;
  // The tests read answers as a storefront does: as plain JSON.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

/** What a browser sends of its cookies. */
export function cookieHeader(cookies: ReadonlyMap<string, string>): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
}

/** A browser without a window: keeps cookies, says where its pages are from, and follows nothing by itself. */
export interface Visitor {
  cookies: Map<string, string>;
  /** A request, with the body as JSON when there is one. */
  send(
    method: string,
    path: string,
    options?: { body?: unknown; headers?: Record<string, string> },
  ): Promise<Seen>;
}

/** A visitor of the pages of `origin`. */
export function newVisitor(origin: string): Visitor {
  const cookies = new Map<string, string>();
  return {
    cookies,
    send: async (method, path, { body, headers } = {}) => {
      const response = await fetch(new URL(path, origin), {
        method,
        redirect: "manual",
        headers: {
          origin,
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(cookies.size > 0 && {
            cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
          }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      for (const line of response.headers.getSetCookie()) {
        const [pair = ""] = line.split(";");
        const [name = "", value = ""] = pair.split(/=(.*)/s);
        if (value === "" || /max-age=0/i.test(line)) cookies.delete(name);
        else cookies.set(name, value);
      }
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json");
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
    },
  };
}

/** Goes where a provider's redirects lead, as a browser does, until an address begins with `end`; returns that address. */
export async function followTo(visitor: Visitor, from: string, end: string): Promise<string> {
  let url = from;
  for (let hop = 0; hop < 15; hop++) {
    if (url.startsWith(end)) return url;
    const { status, headers, body } = await visitor.send("GET", url, { headers: { origin: "" } });
    const location = headers.get("location");
    if (location === null) throw new Error(`${url} answered ${status}: ${JSON.stringify(body)}`);
    url = new URL(location, url).href;
  }
  throw new Error(`still at ${url}`);
}

/** Makes an account, with the password `correct horse`. */
export function signUp(visitor: Visitor, email: string, headers: Record<string, string> = {}): Promise<Seen> {
  const body = { email, name: "Somebody", password: "correct horse" };
  return visitor.send("POST", "/v1/auth/sign-up/email", { body, headers });
}

/** The header by which a program brings the session that an answer has begun. */
export function bearerOf({ body }: Seen): Record<string, string> {
  return { authorization: `Bearer ${body.token}` };
}
