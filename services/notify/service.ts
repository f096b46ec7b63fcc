import { NotifyService } from "../../gen/rowlock/notify/v1/notify_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import { defineService, type ServiceModule } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import type { EmailSender } from "./email-sender.ts";
import { getMessage } from "./rpc/get-message.ts";
import { listMessages } from "./rpc/list-messages.ts";
import { notifyOrder } from "./rpc/notify-order.ts";
import { sendEmail } from "./rpc/send-email.ts";
import { sendSms } from "./rpc/send-sms.ts";
import type { SmsSender } from "./sms-sender.ts";

/** What Notify stands on. */
export interface NotifyDeps {
  db: Db;
  clock: Clock;
  log: Log;
  email: EmailSender;
  sms: SmsSender;
  /** The shop's name in its messages; `Rowlock` when not given. */
  shopName?: string;
}

/** Composes the Notify service. */
export function createNotifyService(deps: NotifyDeps): ServiceModule {
  return {
    services: [
      defineService(NotifyService, {
        notifyOrder: notifyOrder(deps),
        sendEmail: sendEmail(deps),
        sendSms: sendSms(deps),
        getMessage: getMessage(deps),
        listMessages: listMessages(deps),
      }),
    ],
  };
}
