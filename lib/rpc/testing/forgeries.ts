import { createSecretKey, hkdfSync } from "node:crypto";
import { decodeProtectedHeader, SignJWT, UnsecuredJWT } from "jose";
import { createPrincipalSigner } from "../signer.ts";
import { testServiceKey } from "./interceptors.ts";

/** Values of `rowlock-principal` that no process with the service key `key` has signed, or that hold no longer or not yet. */
export async function forgeries(key: Uint8Array = testServiceKey): Promise<(readonly [string, string])[]> {
  const service = { kind: "service", id: "order" } as const;
  const shifted = (ms: number) => createPrincipalSigner({ key, clock: () => new Date(Date.now() + ms) });
  const valid = await createPrincipalSigner({ key }).sign(service);
  const [header = "", payload = "", signature = ""] = valid.split(".");
  const { kid = "" } = decodeProtectedHeader(valid);

  const claims = { kind: "service", sub: "order", iss: "rowlock-services", aud: "rowlock-services" };
  const seconds = Math.floor(Date.now() / 1000);
  const times = { iat: seconds, nbf: seconds, exp: seconds + 60 };
  const secret = createSecretKey(Buffer.from(hkdfSync("sha256", key, "", "rowlock-principal.v2", 32)));
  const made = (changes: object, head: object = {}, by = secret) =>
    new SignJWT({ ...claims, ...times, ...changes })
      .setProtectedHeader({ alg: "HS256", typ: "rowlock-principal+jwt", kid, ...head })
      .sign(by);
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const other = Buffer.alloc(32, "x");

  return [
    ["no JWT at all", "x"],
    ["without a signature", `${header}.${payload}.`],
    ["with another payload", `${header}.${encode({ ...claims, ...times, sub: "cart" })}.${signature}`],
    ["of another key", await createPrincipalSigner({ key: other }).sign(service)],
    ["of another key under the right kid", await made({}, {}, createSecretKey(other))],
    ["of an unknown kid", await made({}, { kid: "unknown" })],
    ["without a kid", await made({}, { kid: undefined })],
    ["signed with the service key itself", await made({}, {}, createSecretKey(key))],
    ["alg none", new UnsecuredJWT({ ...claims, ...times }).encode()],
    ["alg none, with the rest as it should be", `${encode({ alg: "none", kid })}.${payload}.`],
    ["of another algorithm", await made({}, { alg: "HS384" })],
    ["of another type", await made({}, { typ: "JWT" })],
    ["for another audience", await made({ aud: "somebody" })],
    ["from another issuer", await made({ iss: "somebody" })],
    ["without an end", await made({ exp: undefined })],
    ["that holds for a year", await made({ iat: seconds - 120, exp: seconds + 31_536_000 })],
    ["of a kind that is none", await made({ kind: "root" })],
    ["of staff without a role", await made({ kind: "staff" })],
    ["expired", await shifted(-90_000).sign(service)],
    ["of the future", await shifted(3_600_000).sign(service)],
  ];
}
