/**
 * Content negotiation (RFC 9110, section 12.5.1): the first of the offers, which stand in the server's order
 * of preference, that the Accept header rates highest; undefined when it excludes all. Parameters other than
 * q are ignored.
 */
export function negotiate(accept: string | undefined, offers: readonly string[]): string | undefined {
  if (accept === undefined || accept === "" || accept === "*/*") return offers[0];
  if (offers.includes(accept)) return accept;
  const ranges = parseAccept(accept);
  let best: string | undefined;
  let bestQuality = 0;
  for (const offer of offers) {
    const quality = qualityOf(offer, ranges);
    if (quality > bestQuality) {
      best = offer;
      bestQuality = quality;
    }
  }
  return best;
}

interface Range {
  type: string;
  subtype: string;
  quality: number;
}

function parseAccept(accept: string): Range[] {
  return qualities(accept).map(({ value, quality }) => {
    const [type = "", subtype = ""] = value.split("/");
    return { type, subtype, quality };
  });
}

/** The members of a list with quality values, in lower case; one without `q` has 1. */
function qualities(list: string): { value: string; quality: number }[] {
  return list.split(",").map((part) => {
    const [value = "", ...parameters] = part.split(";");
    let quality = 1;
    for (const parameter of parameters) {
      const match = /^\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*$/i.exec(parameter);
      if (match !== null) quality = Number(match[1]);
    }
    return { value: value.trim().toLowerCase(), quality };
  });
}

/** The most specific range that fits decides: `application/json;q=0` excludes JSON in spite of a `*` beside. */
function qualityOf(offer: string, ranges: readonly Range[]): number {
  const [type = "", subtype = ""] = offer.split("/");
  let quality = 0;
  let specificity = -1;
  for (const range of ranges) {
    const exact = range.type === type && range.subtype === subtype;
    const ofType = range.type === type && range.subtype === "*";
    const any = range.type === "*" && range.subtype === "*";
    const rank = exact ? 2 : ofType ? 1 : any ? 0 : -1;
    if (rank > specificity) {
      specificity = rank;
      quality = range.quality;
    }
  }
  return quality;
}

/**
 * The content coding to answer with (RFC 9110, section 12.5.3): the one of the offers, which stand in the
 * server's order of preference, that Accept-Encoding rates highest; `identity` when it names none of them;
 * undefined when it excludes `identity`, too.
 */
export function negotiateCoding<T extends string>(
  header: string | string[] | undefined,
  offers: readonly T[],
): T | "identity" | undefined {
  if (header === undefined || header.length === 0) return "identity";
  const rated = new Map(qualities(String(header)).map(({ value, quality }) => [value, quality]));
  const star = rated.get("*");
  let best: T | "identity" | undefined;
  let bestQuality = 0;
  for (const offer of offers) {
    const quality = rated.get(offer) ?? rated.get(`x-${offer}`) ?? star ?? 0;
    if (quality > bestQuality) {
      best = offer;
      bestQuality = quality;
    }
  }
  const identity = rated.get("identity") ?? (star === 0 ? 0 : undefined);
  if (identity === undefined) return best ?? "identity";
  return identity > bestQuality ? "identity" : best;
}
