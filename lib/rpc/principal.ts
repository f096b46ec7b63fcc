import { createContextKey } from "@connectrpc/connect";

/** Who calls. `id`: a guest's is the hex SHA-256 of its token, a service's or staff key's its name, of `none` empty. */
export interface Principal {
  readonly kind: "none" | "guest" | "customer" | "staff" | "service";
  readonly id: string;
}

/** The caller without a credential. */
export const nobody: Principal = Object.freeze({ kind: "none", id: "" });

/** Carries the principal of an outgoing call from the caller to its transport. */
export const outgoingPrincipalKey = createContextKey<Principal | undefined>(undefined, {
  description: "rowlock outgoing principal",
});
