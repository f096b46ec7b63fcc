import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import type { CustomerService } from "../../gen/rowlock/customer/v1/customer_pb.js";
import type { Log } from "../../lib/telemetry/log.ts";

/** What an account says of its customer. */
export interface Account {
  id: string;
  email: string;
  emailVerified: boolean;
  name: string;
  createdAt: Date;
}

/** Milliseconds that a sign-in waits, so that the page after it shows the profile. */
const patienceMs = 3_000;
/** Characters of a name that a profile takes; a provider's may be longer. */
const longestName = 200;

/** Tells Customer of an account at a sign-in. Never fails: what is not told now is told at the next sign-in. */
export function createAccountRecorder({
  customers,
  log,
}: {
  customers: Pick<Client<typeof CustomerService>, "recordAccount">;
  log: Log;
}): (account: Account) => Promise<void> {
  return async ({ id: customerId, email, emailVerified, name, createdAt }) => {
    const known = {
      customerId,
      email,
      emailVerified,
      name: Array.from(name).slice(0, longestName).join(""),
      createTime: timestampFromDate(createdAt),
    };
    try {
      await customers.recordAccount(known, { timeoutMs: patienceMs });
    } catch (err) {
      log.warn({ err, customer_id: customerId }, "an account is not recorded; the next sign-in tries again");
    }
  };
}
