import { createHash, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { type JWTPayload, jwtVerify, SignJWT } from "jose";
import { Role } from "../../gen/rowlock/auth/v1/access_pb.js";
import { type Clock, systemClock } from "../clock.ts";
import type { Principal } from "./principal.ts";

/** The metadata key under which a process vouches for a caller to another process. */
export const principalHeader = "rowlock-principal";

/**
 * Signs principals for other processes, and checks what they signed. A promise only for what was not signed or checked
 * a moment ago: a caller's calls come in bursts, and a signature costs more than a call otherwise does.
 */
export interface PrincipalSigner {
  /** The value of the header; used again for half of its life. */
  sign(principal: Principal): string | Promise<string>;
  /** The principal, or undefined when the value is malformed, forged, expired or not yet valid. */
  verify(value: string): Principal | undefined | Promise<Principal | undefined>;
}

const algorithm = "HS256";
const type = "rowlock-principal+jwt";
/** Both sides are Rowlock's own processes; a token made for anything else is refused. */
const party = "rowlock-services";
const lifeSeconds = 60;
const reuseSeconds = 30;
/** Clocks of two machines may differ by this much. */
const skewSeconds = 5;
/** Bounds what is remembered of callers. */
const keptTokens = 4_096;
const longestToken = 4_096;

/**
 * A signer over keys that all processes of an installation share, each of at least 32 bytes. `key` signs, `otherKeys`
 * only verify, so a key is exchanged without an outage: add the new one as the second everywhere, then put it first,
 * then take the old one away.
 *
 * The value is a JWT (HS256: who can verify it can sign as itself anyway, and symmetric keys are an order of magnitude
 * cheaper than signatures); `kid` names its key.
 */
export function createPrincipalSigner({
  key,
  otherKeys = [],
  clock = systemClock,
}: {
  key: Uint8Array;
  otherKeys?: readonly Uint8Array[];
  clock?: Clock;
}): PrincipalSigner {
  const signing = deriveKey(key);
  const keys = new Map([signing, ...otherKeys.map(deriveKey)].map(({ kid, secret }) => [kid, secret]));
  const signed = new Map<string, { value: string | Promise<string>; until: number }>();
  const checked = new Map<string, Signed>();
  const now = () => Math.floor(clock().getTime() / 1000);

  function signFresh(principal: Principal, issued: number): Promise<string> {
    const { kind, id } = principal;
    return new SignJWT(kind === "staff" ? { kind, role: principal.role, areas: principal.areas } : { kind })
      .setProtectedHeader({ alg: algorithm, typ: type, kid: signing.kid })
      .setSubject(id)
      .setIssuer(party)
      .setAudience(party)
      .setIssuedAt(issued)
      .setNotBefore(issued)
      .setExpirationTime(issued + lifeSeconds)
      .sign(signing.secret);
  }

  async function verifyFresh(value: string): Promise<Principal | undefined> {
    try {
      const { payload } = await jwtVerify(
        value,
        ({ kid }) => {
          const secret = keys.get(kid ?? "");
          if (secret === undefined) throw new Error("signed with an unknown key");
          return secret;
        },
        {
          algorithms: [algorithm],
          typ: type,
          issuer: party,
          audience: party,
          requiredClaims: ["sub", "nbf", "exp"],
          maxTokenAge: lifeSeconds,
          clockTolerance: skewSeconds,
          currentDate: clock(),
        },
      );
      const principal = fromClaims(payload);
      if (principal !== undefined) {
        keep(checked, value, { principal, from: payload.nbf ?? 0, until: payload.exp ?? 0 });
      }
      return principal;
    } catch {
      return undefined;
    }
  }

  return {
    sign(principal) {
      const issued = now();
      const name = nameOf(principal);
      const known = signed.get(name);
      if (known !== undefined && issued < known.until) return known.value;
      const value = signFresh(principal, issued);
      const entry: { value: string | Promise<string>; until: number } = {
        value,
        until: issued + reuseSeconds,
      };
      keep(signed, name, entry);
      value.then(
        (text) => {
          entry.value = text;
        },
        () => signed.delete(name),
      );
      return value;
    },

    verify(value) {
      const known = checked.get(value);
      if (known !== undefined) {
        const at = now();
        return known.from <= at + skewSeconds && at < known.until + skewSeconds ? known.principal : undefined;
      }
      return value.length > longestToken ? undefined : verifyFresh(value);
    },
  };
}

/** A principal that was signed, and from when until when it holds, in Unix seconds. */
interface Signed {
  principal: Principal;
  from: number;
  until: number;
}

/** Never the shared key itself: it makes other secrets, too. */
function deriveKey(key: Uint8Array): { kid: string; secret: KeyObject } {
  if (key.byteLength < 32) {
    throw new RangeError("a service key needs at least 32 bytes");
  }
  const derived = Buffer.from(hkdfSync("sha256", key, "", "rowlock-principal.v2", 32));
  // Tells keys apart, and nothing about them.
  const kid = createHash("sha256").update("kid").update(derived).digest("base64url").slice(0, 8);
  return { kid, secret: createSecretKey(derived) };
}

function nameOf(principal: Principal): string {
  const { kind, id } = principal;
  return kind === "staff" ? `${kind}:${principal.role}:${principal.areas.join()}:${id}` : `${kind}:${id}`;
}

function fromClaims({ sub: id = "", kind, role, areas }: JWTPayload): Principal | undefined {
  switch (kind) {
    case "none":
    case "guest":
    case "customer":
    case "service":
      return { kind, id };
    case "staff":
      return isRole(role) && isTexts(areas) ? { kind, id, role, areas } : undefined;
    default:
      return undefined;
  }
}

function isRole(value: unknown): value is Role {
  return typeof value === "number" && Role[value] !== undefined;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function keep<T>(map: Map<string, T>, name: string, value: T): void {
  if (map.size >= keptTokens) map.clear();
  map.set(name, value);
}
