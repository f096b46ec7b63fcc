import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";

/** What AuthService refuses. */
export const fail = defineReasons({
  /** The key would never have worked. */
  EXPIRE_TIME_PAST: { code: Code.InvalidArgument, message: "expire_time {expire_time} is past" },
  /** No key has this id; the configured one has none. */
  API_KEY_NOT_FOUND: { code: Code.NotFound, message: "API key {api_key_id} does not exist" },
} as const);
