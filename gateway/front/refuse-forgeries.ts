import type { IncomingHttpHeaders } from "node:http";
import type { Origins } from "./origins.ts";
import { fail } from "./reasons.ts";
import type { Refuse } from "./refuse.ts";
import type { Layer } from "./visit.ts";

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Cross-site request forgery: a browser adds the shop's cookies to requests that pages of other sites make. Of the
 * requests with cookies that may change something, only those pass that come from the shop's own pages or those of
 * a listed origin, as the browser itself says in Sec-Fetch-Site and Origin. A request with neither comes from no
 * browser of the last years, and nobody can forge what is not a browser. As Go's http.CrossOriginProtection.
 */
export function refuseForgeries({
  origins,
  publicUrl,
  refuse,
}: {
  origins: Origins;
  publicUrl: string;
  refuse: Refuse;
}): Layer {
  const own = new URL(publicUrl).origin;
  return (next) => (request, response) => {
    const { cookie, origin } = request.headers;
    const isHarmless = cookie === undefined || safeMethods.has(request.method ?? "");
    if (isHarmless || isTrusted(request.headers)) return next(request, response);
    refuse(request, response, fail("CSRF_REFUSED", { origin: (origin ?? "another site").slice(0, 200) }));
  };

  function isTrusted({ origin, host, "sec-fetch-site": site }: IncomingHttpHeaders): boolean {
    if (origin !== undefined && (origin === own || origins.includes(origin))) return true;
    if (site !== undefined) return site === "same-origin" || site === "none";
    return origin === undefined || hostOf(origin) === host;
  }
}

/** `shop.example:8080` of an origin; undefined for `null`, which sandboxed pages send. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
