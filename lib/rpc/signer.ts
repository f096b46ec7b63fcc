import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Principal_Kind, PrincipalSchema } from "../../gen/rowlock/auth/v1/access_pb.js";
import { type Clock, systemClock } from "../clock.ts";
import type { Principal } from "./principal.ts";

/** The metadata key under which a process vouches for a caller to another process. */
export const principalHeader = "rowlock-principal";

/** Signs principals for other processes, and checks what they signed. */
export interface PrincipalSigner {
  /** The value of the header; reused for a service for half of its life. */
  sign(principal: Principal): string;
  /** The principal, or undefined when the value is malformed, forged, expired or not yet valid. */
  verify(value: string): Principal | undefined;
}

const lifeSeconds = 60;
const reuseSeconds = 30;
/** Clocks of two machines may differ by this much. */
const skewSeconds = 5;
/** Bounds the signatures kept; services are few, so it is never reached by honest use. */
const keptSignatures = 64;

/**
 * A signer over a key that all processes of an installation share: at least 32 bytes.
 * The value is `<base64url Principal>.<issued>.<expires>.<base64url HMAC-SHA256>`, times in Unix seconds.
 */
export function createPrincipalSigner({
  key,
  clock = systemClock,
}: {
  key: Uint8Array;
  clock?: Clock;
}): PrincipalSigner {
  if (key.byteLength < 32) {
    throw new RangeError("the service key needs at least 32 bytes");
  }
  const kept = new Map<string, { value: string; until: number }>();
  // What other services sign they send for half a minute: checking it each time would be half the cost of a call.
  const checked = new Map<string, Signed>();
  // From raw bytes Node would make the key object anew for each signature.
  const secret = createSecretKey(key);
  const now = () => Math.floor(clock().getTime() / 1000);
  // The prefix keeps a signature made here from being one over any other text under the same key.
  const mac = (text: string) => createHmac("sha256", secret).update(`rowlock-principal.v1.${text}`).digest();

  function signFresh(principal: Principal, issued: number): string {
    const payload = toBinary(
      PrincipalSchema,
      create(PrincipalSchema, { kind: wireKinds[principal.kind], id: principal.id }),
    );
    const text = `${Buffer.from(payload).toString("base64url")}.${issued}.${issued + lifeSeconds}`;
    return `${text}.${mac(text).toString("base64url")}`;
  }

  return {
    sign(principal) {
      const issued = now();
      if (principal.kind !== "service") {
        return signFresh(principal, issued);
      }
      const known = kept.get(principal.id);
      if (known !== undefined && issued < known.until) {
        return known.value;
      }
      const value = signFresh(principal, issued);
      if (kept.size >= keptSignatures) {
        kept.clear();
      }
      kept.set(principal.id, { value, until: issued + reuseSeconds });
      return value;
    },

    verify(value) {
      const known = checked.get(value);
      if (known !== undefined) {
        return known.issued <= now() + skewSeconds && now() < known.expires + skewSeconds
          ? known.principal
          : undefined;
      }
      const signed = parse(value);
      const at = now();
      if (signed === undefined || signed.issued > at + skewSeconds || at >= signed.expires + skewSeconds) {
        return undefined;
      }
      if (signed.principal.kind === "service") {
        if (checked.size >= keptSignatures) {
          checked.clear();
        }
        checked.set(value, signed);
      }
      return signed.principal;
    },
  };

  /** What was signed; undefined when it was not signed with this key, or for longer than a minute. */
  function parse(value: string): Signed | undefined {
    const match = /^([\w-]*)\.(\d{1,12})\.(\d{1,12})\.([\w-]+)$/.exec(value);
    if (match === null) {
      return undefined;
    }
    const [, payload = "", issuedText = "", expiresText = "", signature = ""] = match;
    const given = Buffer.from(signature, "base64url");
    const expected = mac(`${payload}.${issuedText}.${expiresText}`);
    if (given.byteLength !== expected.byteLength || !timingSafeEqual(given, expected)) {
      return undefined;
    }
    const issued = Number(issuedText);
    const expires = Number(expiresText);
    const { kind: wireKind, id } = fromBinary(PrincipalSchema, Buffer.from(payload, "base64url"));
    const kind = kinds[wireKind];
    return kind === undefined || expires - issued > lifeSeconds
      ? undefined
      : { principal: { kind, id }, issued, expires };
  }
}

/** A principal that was signed, and from when until when it holds, in Unix seconds. */
interface Signed {
  principal: Principal;
  issued: number;
  expires: number;
}

const wireKinds = {
  none: Principal_Kind.UNSPECIFIED,
  guest: Principal_Kind.GUEST,
  customer: Principal_Kind.CUSTOMER,
  staff: Principal_Kind.STAFF,
  service: Principal_Kind.SERVICE,
} as const satisfies Record<Principal["kind"], Principal_Kind>;

const kinds: Record<number, Principal["kind"] | undefined> = {
  [Principal_Kind.UNSPECIFIED]: "none",
  [Principal_Kind.GUEST]: "guest",
  [Principal_Kind.CUSTOMER]: "customer",
  [Principal_Kind.STAFF]: "staff",
  [Principal_Kind.SERVICE]: "service",
};
