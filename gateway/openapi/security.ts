import { Access } from "../../gen/rowlock/auth/v1/access_pb.js";
import type { JsonObject } from "./types.ts";

/** How callers say who they are. */
export function securitySchemes(sessionCookie: string): Record<string, JsonObject> {
  return {
    staffKey: {
      type: "http",
      scheme: "bearer",
      description: "An API key of staff or of a machine, as `Authorization: Bearer …`.",
    },
    apiKey: {
      type: "apiKey",
      in: "header",
      name: "x-api-key",
      description: "An API key of staff or of a machine, in a header of its own.",
    },
    guestToken: {
      type: "apiKey",
      in: "header",
      name: "rowlock-token",
      description: "The `token` that `POST /v1/carts` answered: it opens that cart and the order made of it.",
    },
    session: {
      type: "apiKey",
      in: "cookie",
      name: sessionCookie,
      description:
        "The session of a customer who signed in below `/v1/auth/`; browsers send it by themselves.",
    },
    sessionToken: {
      type: "http",
      scheme: "bearer",
      description: "The token of a customer's session, for apps, as `Authorization: Bearer …`.",
    },
  };
}

const staff = ["staffKey", "apiKey"];
const buyer = ["guestToken", "session", "sessionToken"];

/** Which of them a method takes; an empty object means none is needed. */
export function security(access: Access): Record<string, string[]>[] {
  const any = (names: readonly string[], roles: string[] = []) => names.map((name) => ({ [name]: roles }));
  switch (access) {
    case Access.PUBLIC:
      return [{}, ...any(buyer), ...any(staff)];
    case Access.CUSTOMER:
      return [...any(buyer), ...any(staff)];
    case Access.ADMIN:
      return any(staff, ["ADMIN"]);
    case Access.STAFF:
    case Access.SERVICE:
    case Access.UNSPECIFIED:
      return any(staff);
  }
}

/** Who that is, in words. */
export function callers(access: Access): string {
  switch (access) {
    case Access.PUBLIC:
      return "Open to everyone.";
    case Access.CUSTOMER:
      return "For the buyer whose it is, and for staff.";
    case Access.ADMIN:
      return "For staff whose key has the role ADMIN.";
    case Access.STAFF:
      return "For staff.";
    case Access.SERVICE:
    case Access.UNSPECIFIED:
      return "For other services.";
  }
}
