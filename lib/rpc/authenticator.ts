import { hash, timingSafeEqual } from "node:crypto";
import { nobody, type Principal } from "./principal.ts";
import { failRpc } from "./reasons.ts";
import { type PrincipalSigner, principalHeader } from "./signer.ts";

/** The metadata key of a guest's token. */
export const guestTokenHeader = "rowlock-token";

/** Finds out who calls from the credentials among the headers. */
export interface Authenticator {
  /**
   * The caller; `none` when there is no credential.
   * Errors: UNAUTHENTICATED, reason INVALID_CREDENTIALS, when there is one and it is wrong.
   */
  authenticate(header: Headers): Principal | Promise<Principal>;
}

/** A staff key as it is configured: its name, and the hex SHA-256 digest of the key itself. */
export interface StaffKey {
  name: string;
  digest: string;
}

/**
 * Takes, in this order: a signed principal of another process; a staff key (`authorization: Bearer`
 * or `x-api-key`); a guest token. A wrong credential is refused even when a good one stands beside it.
 * Without a `signer` no signed principal is accepted.
 */
export function createAuthenticator({
  staffKeys,
  signer,
}: {
  staffKeys: readonly StaffKey[];
  signer?: PrincipalSigner;
}): Authenticator {
  const digests = staffKeys.map(({ name, digest }) => {
    const bytes = Buffer.from(digest, "hex");
    if (bytes.byteLength !== 32) {
      throw new RangeError(`the digest of staff key "${name}" is not a hex SHA-256`);
    }
    return { name, bytes };
  });

  function staff(key: string, header: string): Principal {
    const given = hash("sha256", key, "buffer");
    let found: string | undefined;
    // Every digest is compared, so that the time tells nothing about which one came close.
    for (const { name, bytes } of digests) {
      if (timingSafeEqual(given, bytes)) {
        found ??= name;
      }
    }
    if (found === undefined) {
      throw failRpc("INVALID_CREDENTIALS", { header });
    }
    return { kind: "staff", id: found };
  }

  return {
    authenticate(header) {
      const signed = header.get(principalHeader);
      if (signed !== null) {
        const principal = signer?.verify(signed);
        if (principal === undefined) {
          throw failRpc("INVALID_CREDENTIALS", { header: principalHeader });
        }
        return principal;
      }
      const authorization = header.get("authorization");
      if (authorization !== null) {
        const bearer = /^bearer +(\S+)$/i.exec(authorization)?.[1];
        if (bearer === undefined) {
          throw failRpc("INVALID_CREDENTIALS", { header: "authorization" });
        }
        return staff(bearer, "authorization");
      }
      const apiKey = header.get("x-api-key");
      if (apiKey !== null) {
        return staff(apiKey, "x-api-key");
      }
      const token = header.get(guestTokenHeader);
      if (token !== null && token !== "") {
        return { kind: "guest", id: hash("sha256", token, "hex") };
      }
      return nobody;
    },
  };
}
