import { type BetterAuthOptions, betterAuth } from "better-auth";
import { APIError, addOAuthServerContext, createAuthMiddleware, getOAuthState } from "better-auth/api";
import { bearer } from "better-auth/plugins/bearer";
import { genericOAuth } from "better-auth/plugins/generic-oauth";
import type { Db } from "../../lib/db/index.ts";
import { newId } from "../../lib/ids/ids.ts";
import { guestTokenHeader } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { guestIdsOf } from "./adopt.ts";
import type { AccountMail } from "./mail.ts";
import { poolOf } from "./postgres-pool.ts";
import { discoveryUrl, type SignInProviders } from "./providers.ts";
import type { Account } from "./record-account.ts";
import type { SessionTokens } from "./session-token.ts";

/** What better-auth is made with. */
export interface AccountsOptions {
  db: Db;
  log: Log;
  /** Where everything below it is reached from outside: `https://shop.example/v1/auth`. */
  baseUrl: string;
  /** Origins besides the gateway's own, whose pages may sign customers in and be returned to. */
  trustedOrigins: readonly string[];
  secret: string;
  tokens: SessionTokens;
  providers: SignInProviders;
  mail: AccountMail;
  /** Called with the account of a sign-in, and the guests whose tokens came with it, before it is answered. */
  onSignIn: (account: Account, guestIds: readonly string[]) => Promise<void>;
  /** Called when sessions have ended: what is remembered of them is out of date. */
  onSignOut: () => void;
  /** Runs what an answer need not wait for. */
  inBackground: (work: Promise<unknown>) => void;
}

/** Accounts and sessions: e-mail and password, and the configured providers. */
export type Accounts = Awaited<ReturnType<typeof createAccounts>>;

const daySeconds = 86_400;
const hourSeconds = 3_600;
const idPrefixes: Record<string, string> = {
  user: "cus",
  session: "ses",
  account: "acc",
  verification: "ver",
};
/** Identity is all that is wanted of a provider: its tokens are not kept. */
const noTokens = { accessToken: null, refreshToken: null, idToken: null };

/** @throws Error when a provider cannot be reached. */
export async function createAccounts(options: AccountsOptions) {
  const { db, baseUrl, mail, providers, tokens } = options;
  const oidcPlugin =
    providers.oidc.length === 0 ? [] : [genericOAuth({ config: providers.oidc.map(oidcConfig) })];
  const auth = betterAuth({
    appName: "Rowlock",
    baseURL: baseUrl,
    basePath: new URL(baseUrl).pathname,
    secret: options.secret,
    trustedOrigins: [...options.trustedOrigins],
    database: poolOf(db),
    ...tables,
    session: { ...tables.session, expiresIn: 30 * daySeconds, updateAge: daySeconds },
    emailAndPassword: {
      enabled: true,
      resetPasswordTokenExpiresIn: hourSeconds,
      revokeSessionsOnPasswordReset: true,
      sendResetPassword: ({ user, url, token }) => {
        // A storefront with a page of its own for it has named it in `redirectTo`.
        const ownPage = new URL(url).searchParams.get("callbackURL") === "";
        return mail.sendReset(user.email, ownPage ? `${baseUrl}/new-password?token=${token}` : url);
      },
    },
    emailVerification: {
      sendOnSignUp: true,
      expiresIn: hourSeconds,
      sendVerificationEmail: ({ user, url }) => {
        const link = new URL(url);
        if (link.searchParams.get("callbackURL") === "/") {
          link.searchParams.set("callbackURL", `${baseUrl}/verified`);
        }
        return mail.sendVerification(user.email, link.href);
      },
    },
    socialProviders: {
      ...(providers.facebook !== undefined && { facebook: providers.facebook }),
      ...(providers.google !== undefined && { google: providers.google }),
    },
    plugins: [bearer({ requireSignature: true }), ...oidcPlugin],
    databaseHooks: {
      account: {
        create: { before: async (account) => ({ data: { ...account, ...noTokens } }) },
        update: { before: async (account) => ({ data: { ...account, ...noTokens } }) },
      },
      session: { delete: { after: async () => options.onSignOut() } },
    },
    hooks: {
      before: createAuthMiddleware(async (ctx) => {
        refuseLongFields(ctx.body);
        // The way through a provider ends in a request of the browser's own, without our headers.
        const guestIds = guestIdsOf(ctx.headers?.get(guestTokenHeader));
        if (ctx.path === "/sign-in/social" && guestIds.length > 0) await addOAuthServerContext({ guestIds });
      }),
      after: createAuthMiddleware(async (ctx) => {
        const { newSession, returned } = ctx.context;
        if (!newSession) return undefined;
        const { serverContext } = (await getOAuthState()) ?? {};
        const carried = Array.isArray(serverContext?.guestIds) ? (serverContext.guestIds as string[]) : [];
        const given = guestIdsOf(ctx.headers?.get(guestTokenHeader));
        await options.onSignIn(newSession.user, [...new Set([...carried, ...given])]);
        // What the answer calls a token shall be one: the bare token of the database opens nothing.
        const { token } = newSession.session;
        return isObject(returned) && returned.token === token
          ? { ...returned, token: tokens.sign(token) }
          : undefined;
      }),
    },
    // Requests are limited at the gateway's door, where addresses are known.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    advanced: {
      cookiePrefix,
      useSecureCookies: baseUrl.startsWith("https://"),
      disableOriginCheck: false,
      disableCSRFCheck: false,
      ipAddress: { disableIpTracking: true },
      database: { generateId: ({ model }) => newId(idPrefixes[model] ?? model) },
      backgroundTasks: { handler: options.inBackground },
    },
    logger: { level: "warn", log: toLog(options.log) },
    // Errors that are no answers are the handler's, which logs them and tells nothing.
    onAPIError: { throw: true },
  } satisfies BetterAuthOptions);
  const context = await auth.$context;
  return { ...auth, sessionCookie: context.authCookies.sessionToken.name };
}

const cookiePrefix = "rowlock";

/** Characters at most, of what better-auth does not bound; an e-mail address as RFC 5321 does. */
const longest: Record<string, number> = { email: 254, newEmail: 254, name: 200, image: 2_000 };

function refuseLongFields(body: unknown): void {
  if (!isObject(body)) return;
  for (const [field, limit] of Object.entries(longest)) {
    const value = body[field];
    if (typeof value !== "string" || value.length <= limit) continue;
    throw new APIError("BAD_REQUEST", {
      code: "FIELD_TOO_LONG",
      message: `[body.${field}] has more than ${limit} characters`,
    });
  }
}

/** better-auth's tables and columns under the house's names. */
const times = { createdAt: "create_time", updatedAt: "update_time" };
const tables = {
  user: { modelName: "customer", fields: { ...times, emailVerified: "email_verified" } },
  session: {
    modelName: "session",
    fields: {
      ...times,
      userId: "customer_id",
      expiresAt: "expire_time",
      ipAddress: "ip_address",
      userAgent: "user_agent",
    },
  },
  account: {
    modelName: "account",
    fields: {
      ...times,
      userId: "customer_id",
      accountId: "account_id",
      providerId: "provider_id",
      accessToken: "access_token",
      refreshToken: "refresh_token",
      idToken: "id_token",
      accessTokenExpiresAt: "access_token_expire_time",
      refreshTokenExpiresAt: "refresh_token_expire_time",
    },
  },
  verification: { modelName: "verification", fields: { ...times, expiresAt: "expire_time" } },
} satisfies Pick<BetterAuthOptions, "user" | "session" | "account" | "verification">;

function oidcConfig(provider: SignInProviders["oidc"][number]) {
  const { id, issuer, clientId, clientSecret, scopes } = provider;
  return {
    providerId: id,
    discoveryUrl: discoveryUrl(provider),
    accountIssuer: issuer,
    clientId,
    clientSecret,
    scopes: [...scopes],
    requireIdTokenVerification: true,
    // Signing out here ends the session here; the provider's is the customer's own.
    disableProviderLogout: true,
  };
}

/** What better-auth has to say, without its arguments: they may be tokens. */
function toLog(log: Log) {
  return (level: "debug" | "info" | "success" | "warn" | "error", message: string, ...details: unknown[]) => {
    const err = details.find((detail) => detail instanceof Error);
    const where = level === "error" || level === "warn" ? "warn" : "debug";
    log[where]({ ...(err !== undefined && { err }) }, `better-auth: ${message}`);
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !(value instanceof Error);
}
