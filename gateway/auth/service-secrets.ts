import { hkdfSync } from "node:crypto";

/** What accounts and API keys need of one of the installation's service keys. */
export interface AuthSecrets {
  /** Signs the tokens of sessions, and the links in e-mails. */
  readonly sessions: string;
  /** Makes API keys. */
  readonly apiKeys: Buffer;
}

/** The secrets of each service key, in order: the first makes what is new, all are known. */
export function deriveSecrets(serviceKeys: readonly string[]): readonly [AuthSecrets, ...AuthSecrets[]] {
  const [first, ...others] = serviceKeys.map((key) => {
    const derive = (purpose: string) => Buffer.from(hkdfSync("sha256", key, "", purpose, 32));
    return {
      sessions: derive("rowlock-sessions.v1").toString("base64url"),
      apiKeys: derive("rowlock-api-keys.v1"),
    };
  });
  if (first === undefined) throw new RangeError("there is no service key");
  return [first, ...others];
}
