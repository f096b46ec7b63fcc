import { PycomService } from "../../gen/rowlock/legacy/pycom/v1/pycom_pb.js";
import { defineFacade } from "../facade.ts";
import { fail } from "./reasons.ts";
import { checkOut } from "./rpc/check-out.ts";
import { createCoupon } from "./rpc/create-coupon.ts";
import { createProduct } from "./rpc/create-product.ts";
import { deleteProduct } from "./rpc/delete-product.ts";
import { mergeCart } from "./rpc/merge-cart.ts";
import { updateCart } from "./rpc/update-cart.ts";
import { updateProduct } from "./rpc/update-product.ts";
import { viewCart } from "./rpc/view-cart.ts";

/** A session's cart, and coupons. */
export const pycom = defineFacade({
  name: "pycom",
  desc: PycomService,
  reasons: fail.reasons,
  create: (deps) => ({
    createProduct: createProduct(deps),
    updateProduct: updateProduct(deps),
    deleteProduct: deleteProduct(deps),
    createCoupon: createCoupon(deps),
    updateCart: updateCart(deps),
    viewCart: viewCart(deps),
    mergeCart: mergeCart(deps),
    checkOut: checkOut(deps),
  }),
});
