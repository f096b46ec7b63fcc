import type { Channel } from "./message.ts";
import { isOrder } from "./templates/defaults.ts";
import type { TemplateEvent } from "./templates/events.ts";

/** How an event is told. */
export interface Setting {
  event: string;
  email: boolean;
  sms: boolean;
}

/** Of these an e-mail is enough: the buyer has just been in the shop, and a text message costs money. */
const byEmailAlone: ReadonlySet<TemplateEvent> = new Set(["order.placed", "order.paid"]);

/** How an event is told when the shop says nothing of it. */
export function defaultSetting(event: TemplateEvent): Setting {
  return { event, email: true, sms: isOrder(event) && !byEmailAlone.has(event) };
}

/** How an event is told, of what the shop has said. */
export function settingOf(said: readonly Setting[], event: TemplateEvent): Setting {
  return said.find((each) => each.event === event) ?? defaultSetting(event);
}

/** Whether something is told on a channel. */
export function allows({ email, sms }: Setting, channel: Channel): boolean {
  return channel === "EMAIL" ? email : sms;
}
