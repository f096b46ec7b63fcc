import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { type Client, createClient } from "@connectrpc/connect";
import { pino } from "pino";
import {
  type CreateCouponsRequestSchema,
  type EvaluateRequest,
  type EvaluateRequestSchema,
  type Evaluation,
  type Promotion,
  PromotionService,
  type Redemption,
} from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import type { Clock } from "../../../lib/clock.ts";
import { type Db, sql } from "../../../lib/db/index.ts";
import { createDirectTransport } from "../../../lib/rpc/index.ts";
import { as, testInterceptors } from "../../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../../lib/testing/postgres.ts";
import { promotionSchema } from "../migrations/index.ts";
import { createPromotionService } from "../service.ts";
import { cartOf, type PromotionInit, percent } from "./offers.ts";

const order = as.service("order");

/** A Promotion service on a database of its own, with a clock that stands still unless moved. */
export interface TestPromotions {
  readonly database: TestDatabase;
  readonly client: Client<typeof PromotionService>;
  /** Every statement sent so far. */
  readonly statements: string[];
  readonly lines: Record<string, unknown>[];
  readonly clock: Clock;
  advance(ms: number): void;
  /** Makes a promotion of 10 %, unless told otherwise. */
  make(promotion?: PromotionInit): Promise<Promotion>;
  /** Makes a promotion with a coupon for each of the codes. */
  makeWith(
    codes: string[],
    promotion?: PromotionInit,
    more?: Omit<MessageInitShape<typeof CreateCouponsRequestSchema>, "$typeName">,
  ): Promise<Promotion>;
  update(id: string, content: PromotionInit, paths: string[], requestId?: string): Promise<Promotion>;
  /** Evaluates a cart in its short form (`cartOf`). */
  evaluate(
    cart: string,
    more?: Partial<Pick<EvaluateRequest, "codes" | "customerKey" | "orderId">>,
  ): Promise<Evaluation>;
  /** Redeems `promotion` or `promotion/CODE`s. */
  redeem(orderId: string, uses: string[], customerKey?: string): Promise<Redemption>;
  release(orderId: string): Promise<Redemption>;
  redeemed(id: string): Promise<number>;
  /** Promotions and coupons whose counters are not the number of orders that use them. */
  mismatches(): Promise<string[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openTestPromotions(): Promise<TestPromotions> {
  const statements: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const database = await testDatabase(promotionSchema, { onStatement: (text) => statements.push(text) });
  let now = Date.parse("2026-01-31T12:00:00Z");
  const clock = () => new Date(now);
  const { db } = database;
  const client = createReplica(db, clock, lines);
  const make = (promotion: PromotionInit = {}) =>
    client.createPromotion({ promotion: { title: "Ten", ...percent(10), ...promotion } }, as.staff);
  return {
    database,
    client,
    statements,
    lines,
    clock,
    advance: (ms) => {
      now += ms;
    },
    make,
    makeWith: async (codes, promotion, more) => {
      const made = await make(promotion);
      await client.createCoupons({ promotionId: made.id, codes, ...more }, as.staff);
      return made;
    },
    update: (id, content, paths, requestId = "") =>
      client.updatePromotion(
        { promotion: { ...content, id }, updateMask: create(FieldMaskSchema, { paths }), requestId },
        as.staff,
      ),
    evaluate: (cart, more) => client.evaluate({ ...requestOf(cart), ...more }, order),
    redeem: (orderId, uses, customerKey = `customer of ${orderId}`) =>
      client.redeem({ orderId, promotions: uses.map(useOf), customerKey }, order),
    release: (orderId) => client.releaseRedemption({ orderId }, order),
    redeemed: async (promotionId) => Number((await client.getPromotion({ promotionId }, as.staff)).redeemed),
    mismatches: async () => {
      const rows = await db.query<{ name: string }>(sql`
        with live as (select * from redemption where redeem_time is not null and release_time is null),
        used as (
          select unnest(promotion_ids) as promotion_id, unnest(codes) as code, order_id, customer_key from live
        )
        select id as name from promotion p
        where redeemed <> (select count(*) from used where promotion_id = p.id)
        union all
        select code from coupon c where redeemed <> (select count(*) from used where code = c.code)
        union all
        select order_id from used full join redemption_use u using (promotion_id, order_id, customer_key)
        where used.code is null or u.promotion_id is null`);
      return rows.map(({ name }) => name);
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** A client of a service of its own, which shares nothing with others but the database. */
export function createReplica(
  db: Db,
  clock: Clock,
  lines: Record<string, unknown>[] = [],
): Client<typeof PromotionService> {
  const log = pino({}, { write: (text: string) => void lines.push(JSON.parse(text)) });
  const { services } = createPromotionService({ db, clock, log });
  return createClient(PromotionService, createDirectTransport({ services, interceptors: testInterceptors }));
}

/** A request from a cart's short form. */
export function requestOf(text: string): MessageInitShape<typeof EvaluateRequestSchema> {
  const { currency: currencyCode, lines, shippingPrice } = cartOf(text);
  return {
    lines: lines.map(({ unitPrice, categoryIds, ...line }) => ({
      ...line,
      categoryIds: [...categoryIds],
      unitPrice: { currencyCode, amount: unitPrice },
    })),
    shippingPrice: shippingPrice === undefined ? undefined : { currencyCode, amount: shippingPrice },
  };
}

function useOf(text: string): { promotionId: string; code: string } {
  const [promotionId = "", code = ""] = text.split("/");
  return { promotionId, code };
}
