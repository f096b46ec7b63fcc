import { MicroServicesService } from "../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { defineFacade } from "../facade.ts";
import { fail } from "./reasons.ts";
import { buyProduct } from "./rpc/buy-product.ts";
import { checkout } from "./rpc/checkout.ts";
import { clearCart } from "./rpc/clear-cart.ts";
import { createProduct } from "./rpc/create-product.ts";
import { createShipment } from "./rpc/create-shipment.ts";
import { deleteProduct } from "./rpc/delete-product.ts";
import { getCart } from "./rpc/get-cart.ts";
import { getLabel } from "./rpc/get-label.ts";
import { getProduct } from "./rpc/get-product.ts";
import { listProducts } from "./rpc/list-products.ts";
import { listRates } from "./rpc/list-rates.ts";
import { listShipments } from "./rpc/list-shipments.ts";
import { pay } from "./rpc/pay.ts";
import { removeCartProduct } from "./rpc/remove-cart-product.ts";
import { sendEmail } from "./rpc/send-email.ts";
import { sendSms } from "./rpc/send-sms.ts";
import { setCartProduct } from "./rpc/set-cart-product.ts";
import { setShipping } from "./rpc/set-shipping.ts";
import { updateProduct } from "./rpc/update-product.ts";
import { cartIdHeader, sessionCookie } from "./session.ts";

/** A pet shop's products, carts, parcels and messages. */
export const microServices = defineFacade({
  name: "micro-services",
  desc: MicroServicesService,
  reasons: fail.reasons,
  headers: [cartIdHeader],
  cookie: sessionCookie,
  create: (deps) => ({
    createProduct: createProduct(deps),
    updateProduct: updateProduct(deps),
    getProduct: getProduct(deps),
    listProducts: listProducts(deps),
    deleteProduct: deleteProduct(deps),
    buyProduct: buyProduct(deps),
    setCartProduct: setCartProduct(deps),
    removeCartProduct: removeCartProduct(deps),
    getCart: getCart(deps),
    clearCart: clearCart(deps),
    checkout: checkout(deps),
    setShipping: setShipping(deps),
    pay: pay(deps),
    sendEmail: sendEmail(deps),
    sendSms: sendSms(deps),
    createShipment: createShipment(deps),
    listShipments: listShipments(deps),
    listRates: listRates(deps),
    getLabel: getLabel(deps),
  }),
});
