/** An application at Facebook or Google. */
export interface ProviderClient {
  clientId: string;
  clientSecret: string;
}

/** An OpenID Connect provider. */
export interface OidcProvider extends ProviderClient {
  /** Names it in `POST /v1/auth/sign-in/social` and in its callback, `/v1/auth/callback/<id>`. */
  id: string;
  /** As the provider spells it; below it is `/.well-known/openid-configuration`. */
  issuer: string;
  scopes: readonly string[];
}

/** Who vouches for customers; one that is not configured is answered PROVIDER_NOT_FOUND. */
export interface SignInProviders {
  facebook?: ProviderClient | undefined;
  google?: ProviderClient | undefined;
  oidc: readonly OidcProvider[];
}

/** Where a provider says what it is. */
export function discoveryUrl({ issuer }: OidcProvider): string {
  return `${issuer.replace(/\/+$/, "")}/.well-known/openid-configuration`;
}

/** Milliseconds that a provider has to say what it is. */
const discoveryMs = 5_000;

/** Whether the provider can be reached and is the issuer that is configured. */
export async function isReachable(provider: OidcProvider): Promise<boolean> {
  try {
    const answer = await fetch(discoveryUrl(provider), { signal: AbortSignal.timeout(discoveryMs) });
    const { issuer } = (await answer.json()) as { issuer?: unknown };
    return answer.ok && issuer === provider.issuer;
  } catch {
    return false;
  }
}
