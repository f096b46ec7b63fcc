import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import type { Principal } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { type ApiKeyRow, apiKeyPrefix, digestOf } from "./api-key.ts";
import type { SessionTokens } from "./session-token.ts";
import { findKeyByDigest, recordUse } from "./store-api-key.ts";
import { findSessionCustomer } from "./store-customer.ts";

const minuteMs = 60_000;

/** Looks up API keys and sessions in the database; expired and revoked ones are nobody's. */
export function createHolderLookup({
  db,
  clock,
  log,
  tokens,
}: {
  db: Db;
  clock: Clock;
  log: Log;
  tokens: SessionTokens;
}): (credential: string) => Promise<Principal | undefined> {
  async function keyHolder(key: string): Promise<Principal | undefined> {
    const row = await findKeyByDigest(db, digestOf(key));
    const now = clock();
    if (row === undefined || row.revokeTime !== null) return undefined;
    if (row.expireTime !== null && row.expireTime <= now) return undefined;
    noteUse(row, now);
    return { kind: "staff", id: row.id, role: row.role, areas: row.areas };
  }

  /** Once a minute at most. Not waited for: a call shall not fail because its time could not be noted. */
  function noteUse({ id, useTime }: ApiKeyRow, now: Date): void {
    const minute = new Date(Math.floor(now.getTime() / minuteMs) * minuteMs);
    if (useTime !== null && useTime >= minute) return;
    recordUse(db, { id, minute }).catch((err: unknown) =>
      log.warn({ err }, "the use of an API key is not noted"),
    );
  }

  return async (credential) => {
    if (credential.startsWith(apiKeyPrefix)) return keyHolder(credential);
    const session = tokens.verify(credential);
    if (session === undefined) return undefined;
    const id = await findSessionCustomer(db, { token: session.token, now: clock() });
    return id === undefined ? undefined : { kind: "customer", id };
  };
}
