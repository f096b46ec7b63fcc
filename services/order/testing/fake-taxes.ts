import { create } from "@bufbuild/protobuf";
import { TaxCalculationSchema } from "../../../gen/rowlock/tax/v1/tax_pb.js";
import { shareOf } from "../../../lib/money/arithmetic.ts";
import { money } from "../../../lib/money/money.ts";
import type { OrderDeps } from "../service.ts";
import type { Wire } from "./wire.ts";

/** A rate as the fake keeps it; for goods of one category when it names one. */
export interface FakeRate {
  name: string;
  percent: number;
  included: boolean;
  category?: string;
}

/** Taxes as the rates of the test say; an included one is rounded by itself. */
export class FakeTaxes {
  /** What there is; a test adds to it. */
  readonly rates: FakeRate[] = [];
  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  readonly client: OrderDeps["taxes"] = {
    calculateTax: ({ address, lines = [], shippingPrice }) =>
      this.#wire.serve("taxes.calculate", address?.countryCode ?? "", () =>
        create(TaxCalculationSchema, {
          lines: lines.map(({ sku = "", taxCategory = "", total }) => ({
            sku,
            taxes: this.#on(total?.amount ?? 0n, taxCategory),
          })),
          shippingTaxes: shippingPrice === undefined ? [] : this.#on(shippingPrice.amount ?? 0n, "shipping"),
        }),
      ),
  };

  #on(price: bigint, taxCategory: string) {
    return this.rates
      .filter(({ category = taxCategory }) => category === taxCategory)
      .map(({ name, percent, included }) => ({
        ...{ name, rateMillionths: percent * 10_000, included },
        amount: money("USD", shareOf(price, BigInt(percent), included ? 100n + BigInt(percent) : 100n)),
      }));
  }
}
