import type { DescService } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import type { Log } from "../telemetry/log.ts";
import type { Authenticator } from "./authenticator.ts";
import { authenticate } from "./interceptors/authenticate.ts";
import { checkAccess, requireAccessOptions } from "./interceptors/check-access.ts";
import { type DeadlineOptions, keepDeadline } from "./interceptors/keep-deadline.ts";
import { type Observe, recordCalls } from "./interceptors/record-calls.ts";
import { createRequestValidator, validateRequests, warmValidator } from "./interceptors/validate.ts";

/**
 * The server's interceptors, outermost first: errors, log and metrics; deadline; principal; access;
 * validation. Give the same array to every host. `services` are the contracts it will serve: their
 * access options are checked and their validation rules compiled now, not at the first call.
 *
 * @throws Error when a method does not say who may call it, or a rule does not compile.
 */
export function createServerInterceptors({
  services,
  authenticator,
  log,
  observe,
  deadline,
}: {
  services: readonly DescService[];
  authenticator: Authenticator;
  log: Log;
  observe?: Observe;
  deadline?: DeadlineOptions;
}): Interceptor[] {
  requireAccessOptions(services);
  const validator = createRequestValidator();
  warmValidator(validator, services);
  return [
    recordCalls({ log, observe }),
    keepDeadline(deadline),
    authenticate(authenticator),
    checkAccess(),
    validateRequests(validator),
  ];
}
