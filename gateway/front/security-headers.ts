import { type Layer, visitOf } from "./visit.ts";

/** A year: what browsers' preload lists ask for. */
const hstsSeconds = 31_536_000;

/**
 * Headers that keep a browser from doing more with an answer than was meant. Pages that need more than the policy
 * for data allows bring a Content-Security-Policy of their own. Strict-Transport-Security only with a public
 * https address: a shop that is also reached by http must stay so.
 */
export function addSecurityHeaders({ publicUrl }: { publicUrl: string }): Layer {
  const headers = [
    ...["x-content-type-options", "nosniff"],
    ...["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
    ...["referrer-policy", "no-referrer"],
  ];
  if (publicUrl.startsWith("https://")) headers.push("strict-transport-security", `max-age=${hstsSeconds}`);
  return (next) => (request, response) => {
    visitOf(request).headers.push(...headers);
    next(request, response);
  };
}
