export type { Auth, AuthDeps } from "./auth.ts";
export { createAuth } from "./auth.ts";
export { authSchema } from "./migrations/index.ts";
export type { OidcProvider, ProviderClient, SignInProviders } from "./providers.ts";
