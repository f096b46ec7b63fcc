import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/** Keeps endpoints' secrets sealed in the database. */
export interface SecretBox {
  /** The text sealed for one endpoint: another one's id does not open it. */
  seal(endpointId: string, secret: string): Uint8Array;
  /** @throws Error when it was sealed for another endpoint, or with none of the keys. */
  open(endpointId: string, sealed: Uint8Array): string;
  /** Sealed with the first key; undefined when it already is. @throws as `open` */
  reseal(endpointId: string, sealed: Uint8Array): Uint8Array | undefined;
}

/**
 * A box whose keys are derived from the service keys (HKDF, RFC 5869): the first seals, all open. Sealed are nonce,
 * tag and ciphertext of AES-256-GCM, with the endpoint's id as associated data.
 */
export function createSecretBox({
  serviceKey,
  otherServiceKeys,
}: {
  serviceKey: string;
  otherServiceKeys: readonly string[];
}): SecretBox {
  const current = deriveKey(serviceKey);
  const keys = [current, ...otherServiceKeys.map(deriveKey)];
  const seal = (endpointId: string, secret: string) => {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(algorithm, current, nonce).setAAD(Buffer.from(endpointId));
    const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]);
  };
  const open = (endpointId: string, sealed: Uint8Array) => {
    for (const [i, key] of keys.entries()) {
      const secret = openWith(key, endpointId, sealed);
      if (secret !== undefined) return { secret, isCurrent: i === 0 };
    }
    throw new Error(`the secret of webhook endpoint ${endpointId} was sealed with another service key`);
  };
  return {
    seal,
    open: (endpointId, sealed) => open(endpointId, sealed).secret,
    reseal: (endpointId, sealed) => {
      const { secret, isCurrent } = open(endpointId, sealed);
      return isCurrent ? undefined : seal(endpointId, secret);
    },
  };
}

/** A new secret as Standard Webhooks writes it: 32 random bytes. */
export function newSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

function deriveKey(serviceKey: string): Buffer {
  return Buffer.from(hkdfSync("sha256", serviceKey, "", "rowlock webhook endpoint secrets", 32));
}

function openWith(key: Buffer, endpointId: string, sealed: Uint8Array): string | undefined {
  const nonce = sealed.subarray(0, nonceBytes);
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
    .setAAD(Buffer.from(endpointId))
    .setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
  try {
    return (
      decipher.update(sealed.subarray(nonceBytes + tagBytes), undefined, "utf8") + decipher.final("utf8")
    );
  } catch {
    return undefined;
  }
}
