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
  const mac = (secret: string, token: string) => createHmac("sha256", secret).update(token).digest("base64");
  return {
    sign: (token) => `${token}.${mac(secrets[0], token)}`,
    verify: (signed) => {
      const [token, signature, ...rest] = unescapeToken(signed).split(".");
      if (!token || signature === undefined || rest.length > 0) return undefined;
      // As text: of base64 there are several spellings of the same bytes.
      const by = secrets.findIndex((secret) => equal(signature, mac(secret, token)));
      return by === -1 ? undefined : { token, current: by === 0 };
    },
  };
}

function equal(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
}

/** The header `set-auth-token` has the token as the cookie has it, percent-encoded. */
function unescapeToken(signed: string): string {
  try {
    return decodeURIComponent(signed);
  } catch {
    return signed;
  }
}
