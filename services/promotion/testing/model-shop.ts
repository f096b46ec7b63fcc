import { create } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import type { PromotionService } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { sql } from "../../../lib/db/index.ts";
import { errorInfo } from "../../../lib/errors/reasons.ts";
import { as } from "../../../lib/rpc/testing/interceptors.ts";
import { type Answer, type Command, coupons, promotions } from "./model.ts";
import type { TestPromotions } from "./shop.ts";

/** The real service behind the model's short names. */
export interface ModelShop {
  call(command: Command, client: Client<typeof PromotionService>): Promise<Answer>;
  /** Orders counted on each promotion and each coupon. */
  counts(): Promise<Record<string, number>>;
}

/** Promotions and coupons of their own for a run; `prefix` tells runs apart. */
export async function openModelShop(shop: TestPromotions, prefix: string): Promise<ModelShop> {
  const order = as.service("order");
  const ids = new Map<string, string>();
  for (const name of promotions) ids.set(name, (await shop.make({ automatic: name === "A" })).id);
  const names = new Map([...ids].map(([name, id]) => [id, name]));
  const idOf = (name: string) => ids.get(name) ?? "";
  for (const [use, limit] of Object.entries(coupons)) {
    const [name = "", code = ""] = use.split("/");
    const request = { promotionId: idOf(name), codes: [prefix + code], limit: BigInt(limit) };
    await shop.client.createCoupons(request, as.staff);
  }

  async function send(command: Command, client: Client<typeof PromotionService>): Promise<unknown> {
    const update = (promotion: object, paths: string[]) =>
      client.updatePromotion({ promotion, updateMask: create(FieldMaskSchema, { paths }) }, as.staff);
    switch (command.rpc) {
      case "redeem": {
        const uses = command.uses.map((use) => {
          const [name = "", code] = use.split("/");
          return { promotionId: idOf(name), code: code === undefined ? "" : prefix + code };
        });
        const customerKey = prefix + command.customer;
        return client.redeem({ orderId: prefix + command.order, promotions: uses, customerKey }, order);
      }
      case "release":
        return client.releaseRedemption({ orderId: prefix + command.order }, order);
      case "limit": {
        const [limit, customerLimit] = [BigInt(command.limit), BigInt(command.customerLimit)];
        return update({ id: idOf(command.promotion), limit, customerLimit }, ["limit", "customer_limit"]);
      }
      case "pause":
        return update({ id: idOf(command.promotion), paused: command.paused }, ["paused"]);
      case "disable":
        return client.disableCoupon({ code: prefix + command.code }, as.staff);
      default:
        return command satisfies never;
    }
  }

  return {
    async call(command, client) {
      try {
        await send(command, client);
        return "ok";
      } catch (err) {
        const info = errorInfo(err);
        if (info === undefined) throw err;
        const name = names.get(info.metadata.promotion_id ?? "");
        return name === undefined ? info.reason : `${info.reason} ${name}`;
      }
    },
    async counts() {
      const rows = await shop.database.db.query<{ id: string; code: string | null; redeemed: bigint }>(sql`
        select id, null as code, redeemed from promotion where id = any(${[...names.keys()]}::text[])
        union all
        select promotion_id, code, redeemed from coupon where promotion_id = any(${[...names.keys()]}::text[])`);
      const nameOf = (id: string, code: string | null) =>
        code === null ? names.get(id) : `${names.get(id)}/${code.slice(prefix.length)}`;
      return Object.fromEntries(rows.map(({ id, code, redeemed }) => [nameOf(id, code), Number(redeemed)]));
    },
  };
}
