import type { Client } from "@connectrpc/connect";
import { NotifyService } from "../../gen/rowlock/notify/v1/notify_pb.js";
import type { OrderService } from "../../gen/rowlock/order/v1/order_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import type { Jobs } from "../../lib/jobs/index.ts";
import type { Remembered } from "../../lib/remembered.ts";
import { defineService, type ServiceModule } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { createInbox, type Inbox } from "../../lib/webhooks/index.ts";
import { type Customs, rememberCustoms } from "./customs.ts";
import type { EmailSender } from "./email-sender.ts";
import { deleteSuppression } from "./rpc/delete-suppression.ts";
import { deleteTemplate } from "./rpc/delete-template.ts";
import { eraseMessages } from "./rpc/erase-messages.ts";
import { getMessage } from "./rpc/get-message.ts";
import { getMessageSettings } from "./rpc/get-message-settings.ts";
import { getTemplate } from "./rpc/get-template.ts";
import { getUnsubscribePage } from "./rpc/get-unsubscribe-page.ts";
import { listMessages } from "./rpc/list-messages.ts";
import { listSuppressions } from "./rpc/list-suppressions.ts";
import { listTemplates } from "./rpc/list-templates.ts";
import { listWebhookEvents } from "./rpc/list-webhook-events.ts";
import { notifyOrder } from "./rpc/notify-order.ts";
import { notifyStock } from "./rpc/notify-stock.ts";
import { previewTemplate } from "./rpc/preview-template.ts";
import { receiveSendgridWebhook } from "./rpc/receive-sendgrid-webhook.ts";
import { receiveTwilioWebhook } from "./rpc/receive-twilio-webhook.ts";
import { replayWebhookEvent } from "./rpc/replay-webhook-event.ts";
import { resendMessage } from "./rpc/resend-message.ts";
import { sendEmail } from "./rpc/send-email.ts";
import { sendSms } from "./rpc/send-sms.ts";
import { unsubscribe } from "./rpc/unsubscribe.ts";
import { updateMessageSetting } from "./rpc/update-message-setting.ts";
import { updateTemplate } from "./rpc/update-template.ts";
import type { SmsSender } from "./sms-sender.ts";
import { createUnsubscribing } from "./unsubscribing.ts";
import { applyDelivery, notifyWebhooks, settleDeliveries, type WebhookSecrets } from "./webhooks.ts";

/** What Notify stands on. */
export interface NotifyDeps {
  db: Db;
  clock: Clock;
  log: Log;
  email: EmailSender;
  sms: SmsSender;
  jobs: Pick<Jobs, "enqueue" | "enqueueAll">;
  webhooks: WebhookSecrets;
  orders: Pick<Client<typeof OrderService>, "getOrder">;
  /** The shop's name in its messages; `Rowlock` when not given. */
  shopName?: string;
  /** BCP 47 tag of the language of messages to who has no other wish; English when not given. */
  language?: string;
  /** Where the shop's pages show an order, with `{order_id}` for its id; nowhere when not given. */
  orderUrl?: string;
  /** Who of the staff is told about stock; nobody when not given. */
  staffEmails?: readonly string[];
}

/** What its handlers share. */
export interface NotifyParts extends NotifyDeps {
  customs: Remembered<Customs>;
}

/** Notify and its inbox, of which the process that hosts it does the work. */
export interface NotifyModule extends ServiceModule {
  inbox: Inbox;
}

/**
 * Composes the Notify service.
 * @throws TypeError when SendGrid's verification key is none
 */
export function createNotifyService(deps: NotifyDeps): NotifyModule {
  const inbox = createInbox({
    ...deps,
    queue: notifyWebhooks,
    apply: (event) => applyDelivery(deps, event),
    settle: (tx, events) => settleDeliveries(deps, tx, events),
  });
  const unsubscribing = createUnsubscribing(deps);
  const parts: NotifyParts = { ...deps, customs: rememberCustoms(deps) };
  return {
    inbox,
    services: [
      defineService(NotifyService, {
        notifyOrder: notifyOrder(parts),
        notifyStock: notifyStock(parts, unsubscribing),
        sendEmail: sendEmail(deps),
        sendSms: sendSms(deps),
        resendMessage: resendMessage(parts, unsubscribing),
        listSuppressions: listSuppressions(deps),
        deleteSuppression: deleteSuppression(deps),
        getUnsubscribePage: getUnsubscribePage(deps, unsubscribing),
        unsubscribe: unsubscribe(deps, unsubscribing),
        getMessage: getMessage(deps),
        listMessages: listMessages(deps),
        receiveSendgridWebhook: receiveSendgridWebhook(deps, inbox),
        receiveTwilioWebhook: receiveTwilioWebhook(deps, inbox),
        listWebhookEvents: listWebhookEvents(inbox),
        replayWebhookEvent: replayWebhookEvent(deps, inbox),
        eraseMessages: eraseMessages(deps),
        listTemplates: listTemplates(deps),
        getTemplate: getTemplate(deps),
        updateTemplate: updateTemplate(parts),
        deleteTemplate: deleteTemplate(parts),
        previewTemplate: previewTemplate(deps),
        getMessageSettings: getMessageSettings(deps),
        updateMessageSetting: updateMessageSetting(parts),
      }),
    ],
  };
}
