import type { RequestListener } from "node:http";
import type { Client } from "@connectrpc/connect";
import type { CartService } from "../../gen/rowlock/cart/v1/cart_pb.js";
import type { CustomerService } from "../../gen/rowlock/customer/v1/customer_pb.js";
import type { NotifyService } from "../../gen/rowlock/notify/v1/notify_pb.js";
import type { OrderService } from "../../gen/rowlock/order/v1/order_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import { sweepIdempotency } from "../../lib/idempotency/sweep.ts";
import {
  type Authenticator,
  createAuthenticator,
  createHolderCache,
  createStaffLookup,
  type FindHolder,
  type ServiceModule,
  type StaffKey,
} from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { createAdopter } from "./adopt.ts";
import { type Accounts, createAccounts } from "./better-auth.ts";
import { createAuthHandler } from "./handler.ts";
import { createHolderLookup } from "./holders.ts";
import { createAccountMail } from "./mail.ts";
import { isReachable, type SignInProviders } from "./providers.ts";
import { createAccountRecorder } from "./record-account.ts";
import { createAuthService } from "./service.ts";
import { deriveSecrets } from "./service-secrets.ts";
import { createSessionTokens } from "./session-token.ts";
import { deleteEnded } from "./store-customer.ts";

/** What sign-in and keys need. */
export interface AuthDeps {
  db: Db;
  clock: Clock;
  log: Log;
  /** The installation's service keys: the first makes what is new, all are accepted. */
  serviceKeys: readonly string[];
  staffKeys: readonly StaffKey[];
  /** Where the gateway is reached from outside, without a slash at its end; cookies are Secure when it is https. */
  publicUrl: string;
  /** Origins of storefronts besides the gateway's own. */
  trustedOrigins: readonly string[];
  providers: SignInProviders;
  /** The areas that an API key can be for. */
  areas: readonly string[];
  notify: Pick<Client<typeof NotifyService>, "sendEmail">;
  carts: Pick<Client<typeof CartService>, "adoptCarts">;
  orders: Pick<Client<typeof OrderService>, "adoptOrders">;
  customers: Pick<Client<typeof CustomerService>, "recordAccount">;
}

/** Who calls, for the gateway and for services that are called directly. */
export interface Auth extends ServiceModule {
  /** Serves everything below `/v1/auth/`. */
  handler: RequestListener;
  /** Tells callers from outside by their API key, session or guest's token; takes no signed principals. */
  authenticator: Authenticator;
  /** Finds the holder of an API key or of a session's token. */
  findHolder: FindHolder;
  /** Deletes what has ended, tries again what guests left, and providers that were away; how much there was. */
  sweep(): Promise<number>;
  /** Waits for what was begun in the background. */
  [Symbol.asyncDispose](): Promise<void>;
}

const sweepLimit = 1_000;

/** Puts sign-in, sessions, API keys and AuthService together. */
export async function createAuth(deps: AuthDeps): Promise<Auth> {
  const { db, clock, log, staffKeys, publicUrl } = deps;
  const baseUrl = `${publicUrl}/v1/auth`;
  const secrets = deriveSecrets(deps.serviceKeys);
  const tokens = createSessionTokens([secrets[0].sessions, ...secrets.slice(1).map((each) => each.sessions)]);
  const lookUp = createHolderLookup({ db, clock, log, tokens });
  const holders = createHolderCache({ find: lookUp, clock });
  const staffOf = createStaffLookup(staffKeys);
  const adopter = createAdopter(deps);
  const recordAccount = createAccountRecorder(deps);
  const background = new Set<Promise<unknown>>();

  const open = (providers: SignInProviders) =>
    createAccounts({
      db,
      log,
      baseUrl,
      trustedOrigins: deps.trustedOrigins,
      secret: secrets[0].sessions,
      tokens,
      providers,
      mail: createAccountMail(deps),
      onSignIn: async (account, guestIds) => {
        await Promise.all([recordAccount(account), adopter.adopt(account.id, guestIds)]);
      },
      onSignOut: holders.clear,
      inBackground: (work) => {
        const settled = work.catch(() => undefined).finally(() => background.delete(settled));
        background.add(settled);
      },
    });
  const accounts = await createAccountsOf({ open, providers: deps.providers, log });

  return {
    ...createAuthService({
      db,
      clock,
      secrets,
      areas: deps.areas,
      // Not from memory: whoever asks remembers the answer itself, and the times would add up.
      findHolder: (credential) => staffOf(credential) ?? lookUp(credential),
      onEnd: holders.clear,
    }),
    handler: createAuthHandler({ accounts: accounts.current, baseUrl, tokens, log }),
    authenticator: createAuthenticator({
      staffKeys,
      findHolder: holders.find,
      sessionCookie: accounts.current().sessionCookie,
    }),
    findHolder: holders.find,
    sweep: async () => {
      const now = clock();
      const counts = await Promise.all([
        deleteEnded(db, { now, limit: sweepLimit }),
        sweepIdempotency(db, { now, limit: sweepLimit }),
        adopter.sweep(),
        accounts.retry(),
      ]);
      return counts.reduce((sum, count) => sum + count, 0);
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all(background)),
  };
}

/**
 * better-auth stops all sign-in when one OpenID provider is away at its start. So it is begun with those that are there,
 * and anew when another has come back.
 */
async function createAccountsOf({
  open,
  providers,
  log,
}: {
  open: (providers: SignInProviders) => Promise<Accounts>;
  providers: SignInProviders;
  log: Log;
}) {
  let away = providers.oidc;
  /** Which of those that were away have come back. */
  const returned = async () => {
    const there = await Promise.all(away.map(isReachable));
    return away.filter((_, index) => there[index]);
  };
  /** Begins anew with all but `stillAway`. */
  const begin = async (stillAway: typeof away) => {
    const accounts = await open({
      ...providers,
      oidc: providers.oidc.filter((each) => !stillAway.includes(each)),
    });
    away = stillAway;
    return accounts;
  };
  const without = (back: typeof away) => away.filter((each) => !back.includes(each));
  let current = await begin(without(await returned()));
  for (const { id, issuer } of away) {
    log.warn(
      { provider: id, issuer },
      "a sign-in provider does not answer as this issuer; it is tried again",
    );
  }
  return {
    current: () => current,
    retry: async () => {
      const back = await returned();
      if (back.length > 0) current = await begin(without(back));
      return back.length;
    },
  };
}
