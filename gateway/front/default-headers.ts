import { type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from "node:http";

type Given = OutgoingHttpHeaders | OutgoingHttpHeader[] | undefined;

const defaultsKey = Symbol("default headers");

/**
 * Lets every answer carry `defaults` (names in lower case and values in turn, read when the head is written),
 * whoever gives it and however. A header that the answer has itself is left alone; `vary` is added to.
 */
export function addDefaultHeaders(response: ServerResponse, defaults: readonly string[]): void {
  Object.assign(response, { [defaultsKey]: defaults, writeHead: writeHeadWithDefaults });
}

function writeHeadWithDefaults(
  this: ServerResponse & { [defaultsKey]: readonly string[] },
  status: number,
  reasonOrHeaders?: string | Given,
  given?: Given,
): ServerResponse {
  if (typeof reasonOrHeaders === "string") this.statusMessage = reasonOrHeaders;
  const headers = typeof reasonOrHeaders === "object" ? reasonOrHeaders : given;
  const all = merged(this, headers, this[defaultsKey]);
  return ServerResponse.prototype.writeHead.call(this, status, all);
}

function merged(response: ServerResponse, given: Given, defaults: readonly string[]): OutgoingHttpHeader[] {
  const all = Array.isArray(given) ? [...given] : pairsOf(given);
  const own = all.length;
  const progressive = response.getHeaderNames().length > 0;
  for (let i = 0; i < defaults.length; i += 2) {
    const name = defaults[i] as string;
    const value = defaults[i + 1] as string;
    if (has(all, own, name)) {
      if (name === "vary") all.push(name, value);
    } else if (!progressive) {
      all.push(name, value);
    } else if (name === "vary") {
      response.appendHeader(name, value);
    } else if (!response.hasHeader(name)) {
      response.setHeader(name, value);
    }
  }
  return all;
}

function has(pairs: readonly OutgoingHttpHeader[], length: number, name: string): boolean {
  for (let i = 0; i < length; i += 2) {
    const other = pairs[i] as string;
    if (other === name || (other.length === name.length && other.toLowerCase() === name)) return true;
  }
  return false;
}

function pairsOf(headers: OutgoingHttpHeaders | undefined): OutgoingHttpHeader[] {
  return Object.entries(headers ?? {}).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return Array.isArray(value) ? value.flatMap((one) => [name, one]) : [name, value];
  });
}
