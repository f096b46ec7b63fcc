import type { MethodImpl } from "@connectrpc/connect";
import type { AuthService } from "../../../gen/rowlock/auth/v1/auth_pb.js";
import type { AuthServiceDeps } from "../service.ts";
import { deleteCustomer } from "../store-customer.ts";

/** Deletes a customer's account: at once here, elsewhere its sessions end when what is remembered is out of date. */
export function deleteAccount({
  db,
  onEnd,
}: Pick<AuthServiceDeps, "db" | "onEnd">): MethodImpl<typeof AuthService.method.deleteAccount> {
  return async ({ customerId }) => {
    await deleteCustomer(db, customerId);
    onEnd();
    return {};
  };
}
