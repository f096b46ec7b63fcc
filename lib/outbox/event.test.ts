import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { DiscountSchema } from "../../gen/rowlock/type/v1/price_pb.js";
import { eventData } from "./event.ts";

const dataOf = (title: string, amount: bigint) =>
  JSON.parse(
    eventData({
      name: "discount",
      id: "prm_1",
      desc: DiscountSchema,
      message: create(DiscountSchema, { title, amount: { currencyCode: "USD", amount } }),
    }),
  );

test.each([
  [1999n, 1999],
  [0n, 0],
  [-5n, -5],
  [2n ** 53n, "9007199254740992"],
])("the amount %s is written as REST does", (amount, written) => {
  expect(dataOf("10 % off", amount)).toEqual({
    discount: {
      promotionId: "",
      title: "10 % off",
      code: "",
      amount: { currencyCode: "USD", amount: written },
    },
  });
});

test("a number in a text stays a text", () => {
  expect(dataOf("12", 1n).discount.title).toBe("12");
});

test("what is too long is cut down to its id", () => {
  expect(dataOf("x".repeat(199_000), 1n).discount.promotionId).toBe("");
  expect(dataOf("x".repeat(200_000), 1n)).toEqual({ discount: { id: "prm_1" } });
});
