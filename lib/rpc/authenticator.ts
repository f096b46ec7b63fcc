import { hash, timingSafeEqual } from "node:crypto";
import type { ConnectError } from "@connectrpc/connect";
import { Role } from "../../gen/rowlock/auth/v1/access_pb.js";
import { nobody, type Principal } from "./principal.ts";
import { failRpc } from "./reasons.ts";
import { type PrincipalSigner, principalHeader } from "./signer.ts";

/** The metadata key of a guest's token. */
export const guestTokenHeader = "rowlock-token";

/** Finds out who calls from the credentials among the headers. */
export interface Authenticator {
  /**
   * The caller; `none` when there is no credential.
   * Errors: UNAUTHENTICATED, reason INVALID_CREDENTIALS, when there is one and it is wrong; UNAVAILABLE, reason
   * CREDENTIALS_UNCHECKED, when it cannot be looked up now.
   */
  authenticate(header: Pick<Headers, "get">): Principal | Promise<Principal>;
}

/** A staff key as it is configured, an ADMIN's: its name, and the hex SHA-256 digest of the key itself. */
export interface StaffKey {
  name: string;
  digest: string;
}

/** Finds the holder of an API key, or of the token of a session; undefined when it is nobody's. */
export type FindHolder = (credential: string) => Principal | undefined | Promise<Principal | undefined>;

/** A credential, where it stood, and who may bring one there. */
interface Given {
  credential: string;
  header: string;
  kinds: readonly Principal["kind"][];
}

/**
 * Takes a signed principal of another process; else, the first that is there: `authorization: Bearer` (API key or
 * session), `x-api-key`, the session's cookie, a guest's token. A wrong credential is refused even when a good one
 * stands beside it.
 *
 * Without a `signer` no signed principal is accepted; without `findHolder` the configured staff keys are the only
 * ones; without `sessionCookie` cookies are not looked at.
 */
export function createAuthenticator({
  staffKeys,
  signer,
  findHolder,
  sessionCookie,
}: {
  staffKeys: readonly StaffKey[];
  signer?: PrincipalSigner;
  findHolder?: FindHolder | undefined;
  sessionCookie?: string;
}): Authenticator {
  const staffOf = createStaffLookup(staffKeys);

  /** Whose the credential is; it must be of one of the kinds that the header is for. */
  function holderOf({ credential, header, kinds }: Given): Principal | Promise<Principal> {
    const check = (principal: Principal | undefined): Principal => {
      if (principal === undefined || !kinds.includes(principal.kind)) {
        throw invalidCredentials(header);
      }
      return principal;
    };
    const found = staffOf(credential) ?? findHolder?.(credential);
    if (!(found instanceof Promise)) {
      return check(found);
    }
    return found.then(check, (cause: unknown) => {
      throw failRpc("CREDENTIALS_UNCHECKED", { header }, { cause });
    });
  }

  return {
    authenticate(header) {
      const signed = header.get(principalHeader);
      if (signed !== null) {
        const verified = signer?.verify(signed);
        return verified instanceof Promise ? verified.then(vouchedFor) : vouchedFor(verified);
      }
      const given: Given[] = [];
      const authorization = header.get("authorization");
      if (authorization !== null) {
        const bearer = /^bearer +(\S+)$/i.exec(authorization)?.[1];
        if (bearer === undefined) {
          throw invalidCredentials("authorization");
        }
        given.push({ credential: bearer, header: "authorization", kinds: ["staff", "customer"] });
      }
      const apiKey = header.get("x-api-key");
      if (apiKey !== null) {
        given.push({ credential: apiKey, header: "x-api-key", kinds: ["staff"] });
      }
      const cookie =
        sessionCookie === undefined ? undefined : findCookie(header.get("cookie"), sessionCookie);
      if (cookie !== undefined) {
        given.push({ credential: cookie, header: "cookie", kinds: ["customer"] });
      }
      const [first, ...others] = given;
      if (first === undefined) {
        const token = header.get(guestTokenHeader);
        return token === null || token === "" ? nobody : { kind: "guest", id: hash("sha256", token, "hex") };
      }
      // Alone, as it mostly is, it may be known at once.
      return others.length === 0 ? holderOf(first) : firstOf(given.map(async (each) => holderOf(each)));
    },
  };
}

/** The value of a cookie, decoded; undefined when it is not there, or empty, as one that was cleared may be. */
export function findCookie(header: string | null, name: string): string | undefined {
  for (const pair of header?.split(";") ?? []) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) {
      const value = pair.slice(at + 1).trim();
      try {
        return decodeURIComponent(value) || undefined;
      } catch {
        return value;
      }
    }
  }
  return undefined;
}

/** The refusal of a credential that is nobody's; `header` says where it stood. */
export function invalidCredentials(header: string): ConnectError {
  return failRpc("INVALID_CREDENTIALS", { header });
}

/** The first, once all are known to be good. */
async function firstOf(holders: readonly Promise<Principal>[]): Promise<Principal> {
  const [first = nobody] = await Promise.all(holders);
  return first;
}

function vouchedFor(principal: Principal | undefined): Principal {
  if (principal === undefined) {
    throw invalidCredentials(principalHeader);
  }
  return principal;
}

/** Finds the configured staff keys. */
export function createStaffLookup(staffKeys: readonly StaffKey[]): (key: string) => Principal | undefined {
  const known = staffKeys.map(({ name, digest }) => {
    const bytes = Buffer.from(digest, "hex");
    if (bytes.byteLength !== 32) {
      throw new RangeError(`the digest of staff key "${name}" is not a hex SHA-256`);
    }
    const principal: Principal = { kind: "staff", id: name, role: Role.ADMIN, areas: [] };
    return { bytes, principal };
  });
  return (key) => {
    const given = hash("sha256", key, "buffer");
    let found: Principal | undefined;
    // Every digest is compared, so that the time tells nothing about which one came close.
    for (const { bytes, principal } of known) {
      if (timingSafeEqual(given, bytes)) {
        found ??= principal;
      }
    }
    return found;
  };
}
