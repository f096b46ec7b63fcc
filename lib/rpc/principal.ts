import { createContextKey } from "@connectrpc/connect";
import type { Role } from "../../gen/rowlock/auth/v1/access_pb.js";

/**
 * Who calls. `id`: a guest's is the hex SHA-256 of its token, a customer's `cus_…`, a service's its name, a staff key's
 * its id, of `none` empty.
 */
export type Principal = StaffPrincipal | OtherPrincipal;

/** The holder of an API key, and what the key allows. */
export interface StaffPrincipal {
  readonly kind: "staff";
  readonly id: string;
  readonly role: Role;
  /** The areas whose services the key is for (`catalog`); empty: all. */
  readonly areas: readonly string[];
}

interface OtherPrincipal {
  readonly kind: "none" | "guest" | "customer" | "service";
  readonly id: string;
}

/** The caller without a credential. */
export const nobody: Principal = Object.freeze({ kind: "none", id: "" });

/** Carries the principal of an outgoing call from the caller to its transport. */
export const outgoingPrincipalKey = createContextKey<Principal | undefined>(undefined, {
  description: "rowlock outgoing principal",
});
