/** Where a delivery stands. */
export type DeliveryState = "PENDING" | "DELIVERED" | "FAILED";

/** An event on its way to an endpoint. */
export interface Delivery {
  id: string;
  endpointId: string;
  eventId: string;
  eventType: string;
  subject: string;
  state: DeliveryState;
  attemptCount: number;
  /** When it is tried next; null unless PENDING. */
  dueTime: Date | null;
  eventTime: Date;
}

/** What is told. */
export interface EventContent {
  id: string;
  type: string;
  /** A JSON object, as text. */
  data: string;
  eventTime: Date;
}

/** How one attempt went. */
export interface Attempt {
  /** 0 when there was no answer. */
  statusCode: number;
  /** Empty: acknowledged. */
  error: "" | "TIMEOUT" | "UNREACHABLE" | "REFUSED_ADDRESS" | "STATUS";
  /** The beginning of the answer's body. */
  response: string;
  durationMs: number;
  attemptTime: Date;
}

/** Milliseconds that events and their deliveries are kept. */
export const keptMs = 30 * 86_400_000;

const seconds = 1_000;
const minutes = 60 * seconds;
const hours = 60 * minutes;

/** The pause after each attempt but the last, in milliseconds; as in the examples of the Standard Webhooks spec. */
const pauses = [
  5 * seconds,
  5 * minutes,
  30 * minutes,
  ...[2, 5, 10, 14, 20, 24].map((count) => count * hours),
];

/** How much longer than the schedule says a pause may be, at random: what failed together is not tried together. */
const jitter = 0.1;

/** Milliseconds from the n-th failed attempt to the next one; undefined when it was the last. `random` is from 0 to 1. */
export function pauseAfter(attempts: number, random: number): number | undefined {
  const pause = pauses[attempts - 1];
  return pause === undefined ? undefined : Math.round(pause * (1 + jitter * random));
}

/** The body that is sent, and signed. */
export function payloadOf({ type, data, eventTime }: EventContent): string {
  return `{"type":${JSON.stringify(type)},"timestamp":${JSON.stringify(eventTime.toISOString())},"data":${data}}`;
}
