import { OnlineStoreService } from "../../gen/rowlock/legacy/online_store/v1/online_store_pb.js";
import { defineFacade } from "../facade.ts";
import { fail } from "./reasons.ts";
import { checkOutOrder } from "./rpc/check-out-order.ts";
import { checkProductQuantity } from "./rpc/check-product-quantity.ts";
import { confirmPayment } from "./rpc/confirm-payment.ts";
import { createOrder } from "./rpc/create-order.ts";
import { createPayment } from "./rpc/create-payment.ts";
import { createProduct } from "./rpc/create-product.ts";
import { getOrder } from "./rpc/get-order.ts";
import { getPayment } from "./rpc/get-payment.ts";
import { listProducts } from "./rpc/list-products.ts";
import { rejectPayment } from "./rpc/reject-payment.ts";

/** Flash sales: orders that are made first, and locked when they are checked out. */
export const onlineStore = defineFacade({
  name: "online-store",
  desc: OnlineStoreService,
  reasons: fail.reasons,
  create: (deps) => ({
    listProducts: listProducts(deps),
    createProduct: createProduct(deps),
    createOrder: createOrder(deps),
    getOrder: getOrder(deps),
    checkOutOrder: checkOutOrder(deps),
    createPayment: createPayment(deps),
    confirmPayment: confirmPayment(deps),
    rejectPayment: rejectPayment(deps),
    getPayment: getPayment(deps),
    checkProductQuantity: checkProductQuantity(deps),
  }),
});
