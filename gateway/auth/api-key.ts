import { createHmac, hash } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Role } from "../../gen/rowlock/auth/v1/access_pb.js";
import type { ApiKeySchema } from "../../gen/rowlock/auth/v1/auth_pb.js";
import type { AuthSecrets } from "./service-secrets.ts";

/**
 * API keys have a table of our own: better-auth's plugin for them is a package by itself, bound to users and their
 * sessions, cannot give the same key again to a repeated request, and knows neither roles nor areas.
 */
export interface ApiKeyRow {
  id: string;
  name: string;
  role: Role;
  areas: string[];
  hint: string;
  expireTime: Date | null;
  revokeTime: Date | null;
  useTime: Date | null;
  createTime: Date;
}

/** How every API key begins, so that people and scanners know one when they see it. */
export const apiKeyPrefix = "rlk_";

/**
 * The key with this id: `rlk_` and the HMAC-SHA256 of the id. It can be given again to the caller that repeats its
 * request, without ever being stored; who has the database, but not the service key, can make none.
 */
export function keyOf({ apiKeys }: AuthSecrets, id: string): string {
  return apiKeyPrefix + createHmac("sha256", apiKeys).update(id).digest("base64url");
}

/** What is stored of a key, and what it is found by. */
export function digestOf(key: string): Buffer {
  return hash("sha256", key, "buffer");
}

/** The last four characters. */
export function hintOf(key: string): string {
  return key.slice(-4);
}

/** The row as it is shown; the key itself is not in it. */
export function toApiKey(row: ApiKeyRow): MessageInitShape<typeof ApiKeySchema> {
  const time = (at: Date | null) => (at === null ? undefined : timestampFromDate(at));
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    areas: row.areas,
    hint: row.hint,
    expireTime: time(row.expireTime),
    revokeTime: time(row.revokeTime),
    useTime: time(row.useTime),
    createTime: timestampFromDate(row.createTime),
  };
}
