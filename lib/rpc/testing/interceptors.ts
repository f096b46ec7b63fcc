import { hash } from "node:crypto";
import type { CallOptions, Interceptor } from "@connectrpc/connect";
import { pino } from "pino";
import { Role } from "../../../gen/rowlock/auth/v1/access_pb.js";
import { createAuthenticator } from "../authenticator.ts";
import { asPrincipal } from "../caller.ts";
import { authenticate } from "../interceptors/authenticate.ts";
import { checkAccess } from "../interceptors/check-access.ts";
import { keepDeadline } from "../interceptors/keep-deadline.ts";
import { recordCalls } from "../interceptors/record-calls.ts";
import { validateRequests } from "../interceptors/validate.ts";
import type { StaffPrincipal } from "../principal.ts";
import { createPrincipalSigner } from "../signer.ts";

/** The staff key that `testInterceptors` accept, under the name `test`. */
export const testStaffKey = "rowlock-staff-key-for-tests";

/** The key of `testSigner`. */
export const testServiceKey = Buffer.alloc(32, "rowlock");

/** The signer that `testInterceptors` trust. */
export const testSigner = createPrincipalSigner({ key: testServiceKey });

/** The authenticator of `testInterceptors`. */
export const testAuthenticator = createAuthenticator({
  staffKeys: [{ name: "test", digest: hash("sha256", testStaffKey, "hex") }],
  signer: testSigner,
});

/** The server's interceptors for tests of any service: silent, with a known staff key. */
export const testInterceptors: readonly Interceptor[] = [
  recordCalls({ log: pino({ level: "silent" }) }),
  keepDeadline(),
  authenticate(testAuthenticator),
  checkAccess(),
  validateRequests(),
];

const staffWith = (key: Partial<Omit<StaffPrincipal, "kind">>) =>
  asPrincipal({ kind: "staff", id: "test", role: Role.ADMIN, areas: [], ...key });

/** Call options of each kind of caller, for clients over a direct transport. */
export const as = {
  staff: staffWith({}),
  staffWith,
  service: (name: string) => asPrincipal({ kind: "service", id: name }),
  guest: (token: string): Pick<CallOptions, "contextValues"> =>
    asPrincipal({ kind: "guest", id: hash("sha256", token, "hex") }),
};
