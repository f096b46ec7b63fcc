import { create, type MessageShape } from "@bufbuild/protobuf";
import { Principal_Kind, PrincipalSchema } from "../../gen/rowlock/auth/v1/access_pb.js";
import { nobody, type Principal } from "./principal.ts";

type PrincipalMessage = MessageShape<typeof PrincipalSchema>;

/** The principal as AuthService answers it. */
export function toPrincipalMessage(principal: Principal): PrincipalMessage {
  const { id } = principal;
  return principal.kind === "staff"
    ? create(PrincipalSchema, {
        kind: Principal_Kind.STAFF,
        id,
        role: principal.role,
        areas: [...principal.areas],
      })
    : create(PrincipalSchema, { kind: wireKinds[principal.kind], id });
}

/** The principal that AuthService answered; `none` for a kind that this version does not know. */
export function fromPrincipalMessage({ kind, id, role, areas }: PrincipalMessage): Principal {
  switch (kind) {
    case Principal_Kind.GUEST:
      return { kind: "guest", id };
    case Principal_Kind.CUSTOMER:
      return { kind: "customer", id };
    case Principal_Kind.STAFF:
      return { kind: "staff", id, role, areas };
    case Principal_Kind.SERVICE:
      return { kind: "service", id };
    case Principal_Kind.UNSPECIFIED:
      return nobody;
    default:
      kind satisfies never;
      return nobody;
  }
}

const wireKinds = {
  none: Principal_Kind.UNSPECIFIED,
  guest: Principal_Kind.GUEST,
  customer: Principal_Kind.CUSTOMER,
  service: Principal_Kind.SERVICE,
} as const satisfies Record<Exclude<Principal["kind"], "staff">, Principal_Kind>;
