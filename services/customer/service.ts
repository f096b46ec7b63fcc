import { create } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import type { Client } from "@connectrpc/connect";
import type { AuthService } from "../../gen/rowlock/auth/v1/auth_pb.js";
import type { CartService } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { CustomerSchema, CustomerService } from "../../gen/rowlock/customer/v1/customer_pb.js";
import type { InventoryService } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import type { NotifyService } from "../../gen/rowlock/notify/v1/notify_pb.js";
import type { OrderService } from "../../gen/rowlock/order/v1/order_pb.js";
import type { PaymentService } from "../../gen/rowlock/payment/v1/payment_pb.js";
import type { ShippingService } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import type { WebhookService } from "../../gen/rowlock/webhook/v1/webhook_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import type { Jobs } from "../../lib/jobs/index.ts";
import { defineService, type ServiceModule } from "../../lib/rpc/index.ts";
import { addAddress } from "./rpc/add-address.ts";
import { eraseCustomer } from "./rpc/erase-customer.ts";
import { eraseOwnData } from "./rpc/erase-own-data.ts";
import { exportCustomer } from "./rpc/export-customer.ts";
import { exportOwnData } from "./rpc/export-own-data.ts";
import { getCustomer } from "./rpc/get-customer.ts";
import { getOwnProfile } from "./rpc/get-own-profile.ts";
import { listCustomers } from "./rpc/list-customers.ts";
import { listOwnAddresses } from "./rpc/list-own-addresses.ts";
import { recordAccount } from "./rpc/record-account.ts";
import { removeAddress } from "./rpc/remove-address.ts";
import { replaceAddress } from "./rpc/replace-address.ts";
import { updateOwnProfile } from "./rpc/update-own-profile.ts";

/** What Customer stands on. */
export interface CustomerDeps {
  db: Db;
  clock: Clock;
  jobs: Pick<Jobs, "enqueue">;
  accounts: Pick<Client<typeof AuthService>, "deleteAccount">;
  carts: Pick<Client<typeof CartService>, "eraseCarts">;
  orders: Pick<Client<typeof OrderService>, "listOwnOrders" | "listOrderEvents" | "eraseOrders">;
  payments: Pick<Client<typeof PaymentService>, "listPayments" | "listPaymentMethods" | "erasePayments">;
  shipping: Pick<Client<typeof ShippingService>, "listShipments" | "eraseShipments">;
  notify: Pick<Client<typeof NotifyService>, "listMessages" | "eraseMessages">;
  inventory: Pick<Client<typeof InventoryService>, "eraseStockNotices">;
  webhooks: Pick<Client<typeof WebhookService>, "eraseEvents">;
}

/** Composes the Customer service. */
export function createCustomerService(deps: CustomerDeps): ServiceModule {
  const validator = createValidator();
  // The first validation of a type compiles its rules, which takes tens of milliseconds.
  validator.validate(CustomerSchema, create(CustomerSchema));
  return {
    services: [
      defineService(CustomerService, {
        getOwnProfile: getOwnProfile(deps),
        updateOwnProfile: updateOwnProfile({ ...deps, validator }),
        listOwnAddresses: listOwnAddresses(deps),
        addAddress: addAddress(deps),
        replaceAddress: replaceAddress(deps),
        removeAddress: removeAddress(deps),
        exportOwnData: exportOwnData(deps),
        eraseOwnData: eraseOwnData(deps),
        getCustomer: getCustomer(deps),
        listCustomers: listCustomers(deps),
        exportCustomer: exportCustomer(deps),
        eraseCustomer: eraseCustomer(deps),
        recordAccount: recordAccount(deps),
      }),
    ],
  };
}
