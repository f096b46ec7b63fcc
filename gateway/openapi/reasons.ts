import type { DescMethod } from "@bufbuild/protobuf";
import type { Code } from "@connectrpc/connect";
import { Access } from "../../gen/rowlock/auth/v1/access_pb.js";
import { codeName } from "../../lib/errors/codes.ts";
import type { Reason } from "../../lib/errors/reasons.ts";
import { type Comments, type NamedReason, readMethodComment } from "./comments.ts";

/** Errors by their reason. */
export type Reasons = Readonly<Record<string, Reason>>;

/** What calls can fail with. */
export interface ReasonCatalogue {
  /** Of any service: the runtime's and the gateway's own. */
  common: Reasons;
  /** Of one service, by its full name; they go before the common ones. */
  services: Readonly<Record<string, Reasons>>;
}

/** A reason with its status and the text of its message. */
export interface MethodReason extends NamedReason, Reason {}

/**
 * The errors of a method: those its comment names, and those that follow from its contract. A reason of which
 * neither the catalogue nor the comment knows the status is left out.
 */
export function methodReasons({
  method,
  access,
  comments,
  catalogue,
}: {
  method: DescMethod;
  access: Access;
  comments: Comments;
  catalogue: ReasonCatalogue;
}): MethodReason[] {
  const named = namedReasons(method, comments, new Set());
  const all = [...named, ...impliedReasons(method, access).map((reason) => ({ reason, note: "" }))];
  const found = new Map<string, MethodReason>();
  for (const { reason, note } of all) {
    const known = catalogue.services[method.parent.typeName]?.[reason] ?? catalogue.common[reason];
    const code = known?.code ?? codeInNote(note);
    if (code === undefined || found.has(reason)) continue;
    const message = known?.message ?? reason.toLowerCase().replaceAll("_", " ");
    found.set(reason, { reason, note: note.replace(/^[A-Z_]{5,}[;:,]?\s*/, ""), code, message });
  }
  return [...found.values()];
}

/** The reasons in a method's comment, and in those of the methods it refers to. */
function namedReasons(method: DescMethod, comments: Comments, seen: Set<DescMethod>): NamedReason[] {
  if (seen.has(method)) return [];
  seen.add(method);
  const comment = comments[`${method.parent.typeName}.${method.name}`] ?? "";
  const { errors, errorsAs } = readMethodComment(comment);
  const others = errorsAs.flatMap((name) => {
    const other = method.parent.methods.find((candidate) => candidate.name === name);
    return other === undefined ? [] : namedReasons(other, comments, seen);
  });
  return [...errors, ...others];
}

function impliedReasons(method: DescMethod, access: Access): string[] {
  const staff = access === Access.STAFF || access === Access.ADMIN;
  return [
    ...(method.input.fields.length > 0 ? ["INVALID_ARGUMENT"] : []),
    ...(access === Access.PUBLIC ? [] : ["UNAUTHENTICATED"]),
    "INVALID_CREDENTIALS",
    ...(staff ? ["PERMISSION_DENIED", "ROLE_TOO_SMALL", "AREA_NOT_ALLOWED"] : []),
  ];
}

/** Comments may name the status first: `OVERLOADED (RESOURCE_EXHAUSTED: too many calls wait)`. */
function codeInNote(note: string): Code | undefined {
  const name = /^[A-Z_]{5,}/.exec(note)?.[0];
  return name === undefined ? undefined : codesByName.get(name);
}

const codesByName = new Map(
  Array.from({ length: 16 }, (_, i) => i + 1).map((code): [string, Code] => [codeName(code), code]),
);
