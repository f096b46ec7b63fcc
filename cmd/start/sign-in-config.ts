import type { SignInProviders } from "../../gateway/auth/index.ts";

/**
 * Reads who may vouch for customers: `FACEBOOK_CLIENT_ID` and `GOOGLE_CLIENT_ID` with their `…_SECRET`, and
 * `ROWLOCK_OIDC_PROVIDERS=acme,…` with `ROWLOCK_OIDC_ACME_ISSUER`, `…_CLIENT_ID`, `…_CLIENT_SECRET`, `…_SCOPES`.
 */
export function readSignIn(
  text: (name: string, otherwise?: string) => string,
  problems: string[],
): SignInProviders {
  const client = (prefix: string) => {
    const [clientId, clientSecret] = [text(`${prefix}_CLIENT_ID`), text(`${prefix}_CLIENT_SECRET`)];
    if ((clientId === "") !== (clientSecret === "")) {
      problems.push(`${prefix}_CLIENT_ID and ${prefix}_CLIENT_SECRET go together`);
    }
    return clientId === "" ? undefined : { clientId, clientSecret };
  };
  const oidc = listOf(text("ROWLOCK_OIDC_PROVIDERS")).flatMap((id) => {
    if (!/^[a-z][a-z0-9_]{0,30}$/.test(id) || id === "facebook" || id === "google") {
      problems.push(
        `ROWLOCK_OIDC_PROVIDERS cannot have a provider "${id}": use lower-case letters, digits, _`,
      );
      return [];
    }
    const prefix = `ROWLOCK_OIDC_${id.toUpperCase()}`;
    const issuer = text(`${prefix}_ISSUER`);
    const found = client(prefix);
    if (!/^https?:\/\/./.test(issuer) || found === undefined) {
      problems.push(`${prefix}_ISSUER must be an address, and ${prefix}_CLIENT_ID be set`);
      return [];
    }
    const scopes = text(`${prefix}_SCOPES`, "openid email profile").split(/\s+/);
    return [{ id, issuer, scopes, ...found }];
  });
  return { facebook: client("FACEBOOK"), google: client("GOOGLE"), oidc };
}

/** The entries of a list, separated by commas. */
export function listOf(text: string): string[] {
  return text.split(",").flatMap((entry) => entry.trim() || []);
}
