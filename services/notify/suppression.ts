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
