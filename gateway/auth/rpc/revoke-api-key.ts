import type { MethodImpl } from "@connectrpc/connect";
import { AuthService } from "../../../gen/rowlock/auth/v1/auth_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { toApiKey } from "../api-key.ts";
import { fail } from "../reasons.ts";
import type { AuthServiceDeps } from "../service.ts";
import { revokeKey } from "../store-api-key.ts";

const method = AuthService.method.revokeApiKey;

/** Ends an API key for good: here at once, in other processes when what they remember of it is out of date. */
export function revokeApiKey({
  db,
  clock,
  onEnd,
}: Pick<AuthServiceDeps, "db" | "clock" | "onEnd">): MethodImpl<typeof method> {
  return async (request, ctx) => {
    const { apiKeyId } = request;
    const call = keyedCall(method, request, ctx);
    const answer = await db.transaction((tx) =>
      once(tx, call, async () => {
        const row = await revokeKey(tx, { id: apiKeyId, now: clock() });
        if (row === undefined) throw fail("API_KEY_NOT_FOUND", { api_key_id: apiKeyId });
        return toApiKey(row);
      }),
    );
    onEnd();
    return answer;
  };
}
