import type { Channel } from "./message.ts";

/** Why an address is not written to; see the contract. */
export type SuppressionReason = "BOUNCED" | "COMPLAINED" | "OPTED_OUT" | "UNSUBSCRIBED";

/** An address that is not written to. */
export interface Suppression {
  id: string;
  channel: Channel;
  /** Empty when its owner was erased. */
  address: string;
  reason: SuppressionReason;
  /** What the provider said. */
  detail: string;
  saidTime: Date;
}

/** What somebody has said of whether an address may be written to. */
export interface Word {
  channel: Channel;
  address: string;
  reason: SuppressionReason;
  detail: string;
  /** Whether it may not; otherwise what held is lifted. */
  active: boolean;
  /** By the clock of who says so: of two words the later one counts, whichever comes first. */
  saidTime: Date;
}

/** A text that comes later than that after its second, in milliseconds, was held up: when it came says nothing. */
const promptMs = 20_000;
const lastMs = 999;

/**
 * When, within the second that is known of it, something is taken to have been said: the later, the later it came. Of
 * what was held up, and of another word of the same second, the one that suppresses is taken for the later.
 */
export function withinSecond({
  second,
  receiveTime,
  active,
}: Pick<Word, "active"> & { second: Date; receiveTime: Date }): Date {
  const delayMs = Math.max(receiveTime.getTime() - second.getTime(), 0);
  const heldUpMs = active ? lastMs : 0;
  const ms = delayMs > promptMs ? heldUpMs : Math.floor((delayMs / promptMs) * lastMs);
  return new Date(second.getTime() + ms);
}
