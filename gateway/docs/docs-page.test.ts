import { expect, test } from "vitest";
import { CartService } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { renderDocs } from "./docs-page.ts";

const page = renderDocs([CartService, EchoService]);

test.each([
  ["/v1/carts/{cart_id}/items", "a route"],
  ["<code>cartId</code>", "its parameters"],
  ["<i>customer</i>", "who may call it"],
  ["<i>staff</i>", "who may call another"],
  ['href="#rowlock.cart.v1.CartService"', "a link to each service"],
])("the page shows %s: %s", (text) => {
  expect(page).toContain(text);
});

test("an RPC without a REST route is not on it", () => {
  expect(page).not.toContain("FreezeCart");
});
