import { waitFor } from "../../lib/testing/wait-for.ts";

/** A server-sent event. */
export interface SentEvent {
  /** `message` unless the server names it. */
  event: string;
  /** The last id that was sent, with this event or before it. */
  id: string;
  // The tests read messages as a storefront does: as plain JSON.
  // oxlint-disable-next-line typescript/no-explicit-any
  data: any;
}

/** A stream of events, as a browser's EventSource reads it; but it reconnects only when a test says so. */
export interface EventStream {
  status: number;
  headers: Headers;
  /** All that has come so far. */
  events: SentEvent[];
  /** The id that EventSource would resume with. */
  lastEventId: () => string;
  /** Waits until that many events have come, and answers them. */
  gets: (count: number) => Promise<SentEvent[]>;
  /** Resolves when the connection has ended. */
  ended: Promise<void>;
  /** Ends the connection. */
  close: () => void;
}

/** Opens a stream; when it is refused, its one event is the answer. */
export async function openEvents(
  url: string,
  { lastEventId = "", headers = {} }: { lastEventId?: string; headers?: Record<string, string> } = {},
): Promise<EventStream> {
  const controller = new AbortController();
  const response = await fetch(url, {
    headers: {
      accept: "text/event-stream",
      ...(lastEventId !== "" && { "last-event-id": lastEventId }),
      ...headers,
    },
    signal: controller.signal,
  });
  const events: SentEvent[] = [];
  let id = lastEventId;
  const read = async () => {
    if (response.status === 204) return;
    if (response.status !== 200) {
      events.push({ event: "refused", id, data: await response.json() });
      return;
    }
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const fields = parse(block);
        id = fields.get("id") ?? id;
        const data = fields.get("data");
        if (data !== undefined) {
          events.push({ event: fields.get("event") ?? "message", id, data: JSON.parse(data) });
        }
      }
    }
  };
  const ended = read().catch((err: unknown) => {
    if (!controller.signal.aborted) events.push({ event: "broken", id, data: String(err) });
  });
  if (response.status !== 200) await ended;
  return {
    status: response.status,
    headers: response.headers,
    events,
    lastEventId: () => id,
    gets: async (count) => {
      await waitFor(() => events.length >= count, { what: `event ${count} of ${url}` });
      return events;
    },
    ended,
    close: () => controller.abort(),
  };
}

/** The fields of one event; lines that begin with a colon are comments. */
function parse(block: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ""));
  }
  return fields;
}
