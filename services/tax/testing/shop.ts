import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { type Client, createClient } from "@connectrpc/connect";
import {
  type CalculateTaxRequestSchema,
  type TaxCalculation,
  type TaxRate,
  type TaxRateSchema,
  TaxService,
} from "../../../gen/rowlock/tax/v1/tax_pb.js";
import type { Clock } from "../../../lib/clock.ts";
import type { Db } from "../../../lib/db/index.ts";
import { createDirectTransport } from "../../../lib/rpc/index.ts";
import { as, testInterceptors } from "../../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../../lib/testing/postgres.ts";
import { taxSchema } from "../migrations/index.ts";
import type { RateContent } from "../rate.ts";
import { createTaxService } from "../service.ts";
import { ratesOf } from "./rates.ts";

type RateInit = Omit<MessageInitShape<typeof TaxRateSchema>, "$typeName">;

/** A Tax service on a database of its own, with a clock that stands still unless moved. */
export interface TestTaxes {
  readonly database: TestDatabase;
  readonly client: Client<typeof TaxService>;
  /** Every statement sent so far. */
  readonly statements: string[];
  readonly clock: Clock;
  advance(ms: number): void;
  /** Makes the rates of a short form (`ratesOf`). */
  make(text: string): Promise<TaxRate[]>;
  /** Makes one. */
  makeOne(rate: Partial<RateContent>): Promise<TaxRate>;
  update(id: string, content: RateInit, paths: string[], requestId?: string): Promise<TaxRate>;
  /** Calculates for an address in a place such as `US/NY`. */
  calculate(
    place: string,
    sale: Omit<MessageInitShape<typeof CalculateTaxRequestSchema>, "$typeName" | "address">,
  ): Promise<TaxCalculation>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openTestTaxes(): Promise<TestTaxes> {
  const statements: string[] = [];
  const database = await testDatabase(taxSchema, { onStatement: (text) => statements.push(text) });
  let now = Date.parse("2026-01-31T12:00:00Z");
  const clock = () => new Date(now);
  const client = createReplica(database.db, clock);
  const makeOne = (rate: Partial<RateContent>) =>
    client.createTaxRate({ taxRate: { name: "VAT", countryCode: "DE", ...rate } }, as.staff);
  return {
    database,
    client,
    statements,
    clock,
    advance: (ms) => {
      now += ms;
    },
    make: (text) => Promise.all(ratesOf(text).map(makeOne)),
    makeOne,
    update: (id, content, paths, requestId = "") =>
      client.updateTaxRate(
        { taxRate: { ...content, id }, updateMask: create(FieldMaskSchema, { paths }), requestId },
        as.staff,
      ),
    calculate: (place, sale) =>
      client.calculateTax({ address: addressIn(place), ...sale }, as.service("order")),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** A client of a service of its own, which shares nothing with others but the database. */
export function createReplica(db: Db, clock: Clock): Client<typeof TaxService> {
  const { services } = createTaxService({ db, clock });
  return createClient(TaxService, createDirectTransport({ services, interceptors: testInterceptors }));
}

function addressIn(place: string) {
  const [countryCode = "", state = ""] = place.split("/");
  return { name: "Ada", line1: "1 Main St", city: "Town", state, countryCode };
}
