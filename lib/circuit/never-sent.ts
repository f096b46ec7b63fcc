import { circuitOpenCode } from "./circuit.ts";

/** The connection was never made. */
const codes: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  circuitOpenCode,
]);

/**
 * Whether the `code` of a failed call says that no request left, so that nothing can be at work at the other end. Any
 * other failure, and one without a code, leaves that open.
 */
export function neverSent(code: string | undefined): boolean {
  return codes.has(code);
}
