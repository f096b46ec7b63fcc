/** Postgres takes less than 8,000 bytes. */
const maxBytes = 7_900;

/** What one notification says: who tells, and what has changed; without ids, anything may have. */
export interface Told {
  origin: string;
  ids?: readonly string[];
}

/** The fewest payloads, each a JSON array of the origin and ids, that say all of it. */
export function encodePayloads({ origin, ids }: Told): string[] {
  const head = JSON.stringify(origin);
  if (ids === undefined) return [`[${head}]`];
  const payloads: string[] = [];
  let text = head;
  let bytes = text.length;
  for (const id of ids) {
    const item = `,${JSON.stringify(id)}`;
    const size = Buffer.byteLength(item);
    if (bytes + size > maxBytes && text !== head) {
      payloads.push(`[${text}]`);
      text = head;
      bytes = text.length;
    }
    text += item;
    bytes += size;
  }
  payloads.push(`[${text}]`);
  return payloads;
}

/** Nothing when it is none of ours: then anything may have changed. */
export function decodePayload(payload: string): Told | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(payload);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || !parts.every((part) => typeof part === "string")) return undefined;
  const [origin, ...ids] = parts as string[];
  if (origin === undefined) return undefined;
  return ids.length === 0 ? { origin } : { origin, ids };
}
