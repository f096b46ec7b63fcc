import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const cipher = "aes-256-gcm";
const ivLength = 12;
const tagLength = 16;

/**
 * What a notice's link ends with: the address, sealed with AES-256-GCM. Nobody else makes one, and it says nothing to
 * whoever sees the link in a log. It never ends, for mail lies in mailboxes for years.
 */
export function sealAddress(key: Uint8Array, address: string): string {
  const iv = randomBytes(ivLength);
  const sealing = createCipheriv(cipher, key, iv);
  const sealed = Buffer.concat([sealing.update(address, "utf8"), sealing.final()]);
  return Buffer.concat([iv, sealed, sealing.getAuthTag()]).toString("base64url");
}

/** The address that was sealed with the key; nothing when none was. */
export function openAddress(key: Uint8Array, token: string): string | undefined {
  const bytes = Buffer.from(token, "base64url");
  if (bytes.length <= ivLength + tagLength) return undefined;
  const opening = createDecipheriv(cipher, key, bytes.subarray(0, ivLength), { authTagLength: tagLength });
  opening.setAuthTag(bytes.subarray(-tagLength));
  try {
    return Buffer.concat([opening.update(bytes.subarray(ivLength, -tagLength)), opening.final()]).toString();
  } catch {
    return undefined;
  }
}
