/** Where events are sent. */
export interface Endpoint {
  id: string;
  url: string;
  /** Types (`order.paid`) and families of them (`order.*`); none: all. */
  eventTypes: string[];
  description: string;
  disabled: boolean;
  disabledReason: "" | DisabledReason;
  revision: bigint;
  createTime: Date;
  updateTime: Date;
}

/** Why nothing more is sent to an endpoint: it said so (410), or nothing has got through for {@link failingMs}. */
export type DisabledReason = "GONE" | "FAILING";

/** What staff say of an endpoint. */
export type EndpointContent = Pick<Endpoint, "url" | "eventTypes" | "description" | "disabled">;

/** An endpoint's secrets as they are stored. */
export interface SealedSecrets {
  id: string;
  secret: Uint8Array;
  previousSecret: Uint8Array | null;
  /** Until when messages are signed with the previous one, too. */
  previousExpireTime: Date | null;
}

/** Endpoints at most. */
export const maxEndpoints = 50;

/** Milliseconds without anything getting through after which an endpoint is disabled. */
export const failingMs = 5 * 86_400_000;

/** Milliseconds for which a replaced secret still signs. */
export const previousSecretMs = 86_400_000;

/** The etag of an endpoint; opaque to callers. */
export function etagOf({ revision }: Pick<Endpoint, "revision">): string {
  return revision.toString(36);
}
