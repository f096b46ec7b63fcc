import { Code, ConnectError } from "@connectrpc/connect";

/**
 * The answer of a service that a cart is priced by. None of these calls has an error that is the buyer's, so a
 * refusal is a fault between the services (INTERNAL, with the cause for the log). What passes with time stays what
 * it is: a cart is not shown at all rather than at a price that is not the one to be paid.
 */
export async function answered<T>(service: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (err) {
    if (err instanceof ConnectError && passing.has(err.code)) {
      throw err;
    }
    throw new Error(`${service} refused to price a cart`, { cause: err });
  }
}

const passing = new Set([Code.Canceled, Code.DeadlineExceeded, Code.Unavailable, Code.ResourceExhausted]);
