/**
 * Content negotiation (RFC 9110, section 12.5.1): the first of the offers, which stand in the server's order
 * of preference, that the Accept header rates highest; undefined when it excludes all. Parameters other than
 * q are ignored.
 */
export function negotiate(accept: string | undefined, offers: readonly string[]): string | undefined {
  if (accept === undefined || accept === "" || accept === "*/*") return offers[0];
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
  const ranges: Range[] = [];
  for (const part of accept.split(",")) {
    const [range = "", ...parameters] = part.split(";");
    const [type = "", subtype = ""] = range.trim().toLowerCase().split("/");
    let quality = 1;
    for (const parameter of parameters) {
      const match = /^\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*$/i.exec(parameter);
      if (match !== null) quality = Number(match[1]);
    }
    ranges.push({ type, subtype, quality });
  }
  return ranges;
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
