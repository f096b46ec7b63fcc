import { create } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import { Role } from "../../../gen/rowlock/auth/v1/access_pb.js";
import { ApiKeySchema, AuthService, type CreateApiKeyRequest } from "../../../gen/rowlock/auth/v1/auth_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { digestOf, hintOf, keyOf, toApiKey } from "../api-key.ts";
import { fail } from "../reasons.ts";
import type { AuthServiceDeps } from "../service.ts";
import type { AuthSecrets } from "../service-secrets.ts";
import { findDigest, insertApiKey } from "../store-api-key.ts";

const method = AuthService.method.createApiKey;

/** Makes an API key. The answer that is kept for repetitions is without the key, which is made again from its id. */
export function createApiKey(deps: AuthServiceDeps): MethodImpl<typeof method> {
  const { db, clock, secrets, areas } = deps;
  return async (request, ctx) => {
    requireKnownAreas(request, areas);
    const { answer, digest } = await db.transaction(async (tx) => {
      const call = keyedCall(method, request, ctx);
      const answer = await once(tx, call, async () => {
        const now = clock();
        const expireTime = request.expireTime === undefined ? null : timestampDate(request.expireTime);
        if (expireTime !== null && expireTime <= now) {
          throw fail("EXPIRE_TIME_PAST", { expire_time: expireTime.toISOString() });
        }
        const id = newId("key");
        const key = keyOf(secrets[0], id);
        const row = await insertApiKey(tx, {
          id,
          name: request.name,
          role: request.role,
          areas: request.role === Role.ADMIN ? [] : request.areas,
          digest: digestOf(key),
          hint: hintOf(key),
          expireTime,
          createTime: now,
        });
        return toApiKey(row);
      });
      return { answer, digest: await findDigest(tx, answer.id) };
    });
    return create(ApiKeySchema, { ...answer, key: keyAgain(secrets, answer.id, digest) });
  };
}

function requireKnownAreas({ areas }: CreateApiKeyRequest, known: readonly string[]): void {
  const violations = areas.flatMap((area, index) =>
    known.includes(area)
      ? []
      : [
          {
            field: `areas[${index}]`,
            description: `there is no area ${area}; there are: ${known.join(", ")}`,
          },
        ],
  );
  if (violations.length > 0) throw invalidArgument(violations);
}

/** The key, by the service key it was made with; empty once that one is no longer configured. */
function keyAgain(secrets: readonly AuthSecrets[], id: string, digest: Uint8Array | undefined): string {
  const keys = secrets.map((secret) => keyOf(secret, id));
  return keys.find((key) => digest !== undefined && digestOf(key).equals(digest)) ?? "";
}
