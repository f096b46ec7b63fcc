import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * A session as it is handed out, in the cookie and as a bearer: `<token>.<base64 HMAC-SHA256>`, better-auth's signed
 * cookie. The database has the token alone, so a copy of it opens no session.
 */
export interface SessionTokens {
  sign(token: string): string;
  /** The token, and whether its signature is by the first secret; undefined when it is by none. */
  verify(signed: string): { token: string; current: boolean } | undefined;
}

/** Signs with the first secret and accepts all: a secret is exchanged without signing anybody out. */
export function createSessionTokens(secrets: readonly [string, ...string[]]): SessionTokens {
  const mac = (secret: string, token: string) => createHmac("sha256", secret).update(token).digest();
  return {
    sign: (token) => `${token}.${mac(secrets[0], token).toString("base64")}`,
    verify: (signed) => {
      const [token, signature, ...rest] = unescapeToken(signed).split(".");
      if (!token || signature === undefined || rest.length > 0) return undefined;
      const given = Buffer.from(signature, "base64");
      if (given.byteLength !== 32) return undefined;
      const by = secrets.findIndex((secret) => timingSafeEqual(given, mac(secret, token)));
      return by === -1 ? undefined : { token, current: by === 0 };
    },
  };
}

/** The header `set-auth-token` has the token as the cookie has it, percent-encoded. */
function unescapeToken(signed: string): string {
  try {
    return decodeURIComponent(signed);
  } catch {
    return signed;
  }
}
