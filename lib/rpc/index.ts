export type { Authenticator, FindHolder, StaffKey } from "./authenticator.ts";
export {
  createAuthenticator,
  createStaffLookup,
  findCookie,
  guestTokenHeader,
  invalidCredentials,
} from "./authenticator.ts";
export { actsAsStaff, asPrincipal, callerOf, requireOwner } from "./caller.ts";
export { createDirectTransport } from "./direct-transport.ts";
export type { HolderCache } from "./holder-cache.ts";
export { createHolderCache } from "./holder-cache.ts";
export { outgoing } from "./outgoing.ts";
export type { Principal, StaffPrincipal } from "./principal.ts";
export { fromPrincipalMessage, toPrincipalMessage } from "./principal-message.ts";
export { createRoutingTransport } from "./routing-transport.ts";
export { createServerInterceptors } from "./server-interceptors.ts";
export type { ServiceDefinition, ServiceModule } from "./service.ts";
export { defineService } from "./service.ts";
export { createServiceTransport } from "./service-transport.ts";
export type { PrincipalSigner } from "./signer.ts";
export { createPrincipalSigner, principalHeader } from "./signer.ts";
