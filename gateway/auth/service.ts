import { AuthService } from "../../gen/rowlock/auth/v1/auth_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import { defineService, type FindHolder, type ServiceModule } from "../../lib/rpc/index.ts";
import { authenticate } from "./rpc/authenticate.ts";
import { createApiKey } from "./rpc/create-api-key.ts";
import { deleteAccount } from "./rpc/delete-account.ts";
import { getCaller } from "./rpc/get-caller.ts";
import { listApiKeys } from "./rpc/list-api-keys.ts";
import { revokeApiKey } from "./rpc/revoke-api-key.ts";
import type { AuthSecrets } from "./service-secrets.ts";

/** What AuthService needs. */
export interface AuthServiceDeps {
  db: Db;
  clock: Clock;
  secrets: readonly [AuthSecrets, ...AuthSecrets[]];
  /** The areas that a key can be for. */
  areas: readonly string[];
  /** Finds the holder of a credential, configured keys included. */
  findHolder: FindHolder;
  /** Called when a key or a session has ended: what is remembered of it is out of date. */
  onEnd: () => void;
}

/** Puts AuthService together. */
export function createAuthService(deps: AuthServiceDeps): ServiceModule {
  return {
    services: [
      defineService(AuthService, {
        getCaller: getCaller(),
        createApiKey: createApiKey(deps),
        listApiKeys: listApiKeys(deps),
        revokeApiKey: revokeApiKey(deps),
        authenticate: authenticate(deps),
        deleteAccount: deleteAccount(deps),
      }),
    ],
  };
}
