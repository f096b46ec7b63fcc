import { create } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { TaxRateSchema, TaxService } from "../../gen/rowlock/tax/v1/tax_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import { createRemembered, type Remembered } from "../../lib/remembered.ts";
import { defineService, type ServiceModule } from "../../lib/rpc/index.ts";
import { toContent } from "./convert.ts";
import { byPlace, type RatesAt } from "./rate.ts";
import { calculateTax } from "./rpc/calculate-tax.ts";
import { createTaxRate } from "./rpc/create-tax-rate.ts";
import { deleteTaxRate } from "./rpc/delete-tax-rate.ts";
import { getTaxRate } from "./rpc/get-tax-rate.ts";
import { listTaxRates } from "./rpc/list-tax-rates.ts";
import { updateTaxRate } from "./rpc/update-tax-rate.ts";
import { findAllRates } from "./store.ts";

/** What Tax stands on. */
export interface TaxDeps {
  db: Db;
  clock: Clock;
}

/** What its handlers share. */
export interface TaxParts extends TaxDeps {
  /** All rates, at most a second old: every reading of every cart with an address asks for them. */
  rates: Remembered<RatesAt>;
}

/** Composes the Tax service. */
export function createTaxService(deps: TaxDeps): ServiceModule {
  const { db, clock } = deps;
  const validator = createValidator();
  // The first validation of a type compiles its rules, which takes tens of milliseconds.
  validator.validate(TaxRateSchema, create(TaxRateSchema));
  const read = async () => byPlace((await findAllRates(db)).map(toContent));
  const parts: TaxParts = { ...deps, rates: createRemembered({ read, freshMs: 1_000, clock }) };
  return {
    services: [
      defineService(TaxService, {
        createTaxRate: createTaxRate(parts),
        getTaxRate: getTaxRate(parts),
        listTaxRates: listTaxRates(parts),
        updateTaxRate: updateTaxRate({ ...parts, validator }),
        deleteTaxRate: deleteTaxRate(parts),
        calculateTax: calculateTax(parts),
      }),
    ],
  };
}
