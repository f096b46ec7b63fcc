import { randomUUID } from "node:crypto";
import { newInstructions, newSuppression, newUnsubscribeToken } from "./message-calls.ts";
import type { Scene } from "./scene.ts";
import type { TestShop } from "./shop.ts";

/** A scene for each keyed method of messages that come back, or are not wanted, and of templates. */
export const notifyScenes: Record<string, (shop: TestShop) => Promise<Scene>> = {
  "notify.v1.NotifyService/ResendMessage": async (shop) => {
    const to = `${randomUUID()}@example.com`;
    const effects = async () => (await shop.inbox("emails", to)).length - 1;
    return { known: { message_id: await newInstructions(shop, to) }, effects };
  },
  "notify.v1.NotifyService/UpdateTemplate": async () => ({
    known: { event: "order.expired", language: "en", override: { subject: "Too late" }, etag: "" },
    other: { override: { subject: "Too late, sorry" } },
  }),
  "notify.v1.NotifyService/DeleteTemplate": async () => ({
    known: { event: "order.expired", language: "en", etag: "" },
    other: { etag: "other" },
  }),
  "notify.v1.NotifyService/UpdateMessageSetting": async () => ({
    known: { event: "order.placed", email: true, sms: false },
    other: { email: false },
  }),
  "notify.v1.NotifyService/DeleteSuppression": async (shop) => {
    const address = `bounce+${randomUUID()}@example.com`;
    const effects = async () => {
      const path = `/v1/suppressions?address=${encodeURIComponent(address)}`;
      const { body } = await shop.rest("GET", path, { staff: shop.staff });
      return 1 - body.suppressions.length;
    };
    return { known: { suppression_id: await newSuppression(shop, address) }, effects };
  },
  "notify.v1.NotifyService/Unsubscribe": async (shop) => ({
    known: { token: await newUnsubscribeToken(shop), content: "List-Unsubscribe=One-Click" },
    other: { content: "List-Unsubscribe=Other" },
  }),
};
