import type { Json } from "./samples.ts";

/** What a keyed call is tried on, made anew each time. */
export interface Scene {
  /** Fields of the request by their proto name, as `sampleOf` takes them. */
  known: Json;
  /** Which of them another request has in place of these; none when the path says all that the method asks for. */
  other?: Json;
  /** The buyer's token; staff calls without one. */
  token?: string;
  /** A customer's session, in place of staff. */
  session?: string;
  /** How often the call had its effect, seen from outside, where an answer would not show it. */
  effects?: () => Promise<number>;
  /** The part of an answer that stays the same, when the rest says how things stand now. */
  lasting?: (body: Record<string, unknown>) => unknown;
}
