import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";

/** Whom the provider knows, and what it says of them. */
export interface OidcUser {
  sub: string;
  email: string;
  email_verified: boolean;
  name: string;
}

/** An OpenID Connect provider on a free port of 127.0.0.1, where everybody is signed in as `user`. */
export interface OidcServer extends AsyncDisposable {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Who comes by next. */
  user: OidcUser;
  /** Allows a client to return here. */
  allow(redirectUri: string): void;
}

export async function startOidcServer(user: OidcUser, port = 0): Promise<OidcServer> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(privateKey)), alg: "RS256", use: "sig" }] };
  const http = createServer();
  await new Promise<void>((resolve) => {
    http.listen(port, "127.0.0.1", resolve);
  });
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const client = {
    client_id: "rowlock",
    client_secret: "the-secret-of-rowlock-at-this-provider",
    redirect_uris: ["http://127.0.0.1/nowhere"],
  };
  const server: OidcServer = {
    issuer,
    clientId: client.client_id,
    clientSecret: client.client_secret,
    user,
    allow: (redirectUri) => {
      client.redirect_uris = [redirectUri];
      http.removeAllListeners("request");
      http.on("request", serve());
    },
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };

  /** A provider whose every user is `server.user`, without a page to click on. */
  function serve() {
    const provider = new Provider(issuer, {
      clients: [client],
      cookies: { keys: ["a key of the tests"] },
      jwks,
      ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
      claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
      // As Google and others do: who it is stands in the token.
      conformIdTokenClaims: false,
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      findAccount: (_, sub) => ({ accountId: sub, claims: async () => ({ ...server.user, sub }) }),
      loadExistingGrant: async (ctx) => {
        const { account, client: asking } = ctx.oidc;
        if (account === undefined || asking === undefined) return undefined;
        const grant = new provider.Grant({ accountId: account.accountId, clientId: asking.clientId });
        grant.addOIDCScope("openid email profile");
        await grant.save();
        return grant;
      },
    });
    const answer = provider.callback();
    return (request: Parameters<typeof answer>[0], response: Parameters<typeof answer>[1]) => {
      const done = request.url?.startsWith("/interaction/")
        ? provider.interactionFinished(request, response, { login: { accountId: server.user.sub } })
        : answer(request, response);
      done.catch((err: Error) => response.destroy(err));
    };
  }
  http.on("request", serve());
  return server;
}
