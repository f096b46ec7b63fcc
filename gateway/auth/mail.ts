import type { Client } from "@connectrpc/connect";
import { APIError } from "better-auth/api";
import type { NotifyService } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { escapeHtml } from "../../lib/html.ts";
import { sha256Hex } from "../../lib/ids/ids.ts";
import type { Log } from "../../lib/telemetry/log.ts";

/** The e-mails of accounts. They have one link each, which works for an hour. */
export interface AccountMail {
  sendReset(to: string, link: string): Promise<void>;
  sendVerification(to: string, link: string): Promise<void>;
}

const timeoutMs = 10_000;

/** Sends them through Notify, each link once however often it is tried. */
export function createAccountMail({
  notify,
  log,
}: {
  notify: Pick<Client<typeof NotifyService>, "sendEmail">;
  log: Log;
}): AccountMail {
  async function send({
    to,
    link,
    subject,
    lines,
  }: {
    to: string;
    link: string;
    subject: string;
    lines: readonly [string, string];
  }) {
    const [before, after] = lines;
    try {
      await notify.sendEmail(
        {
          to,
          subject,
          text: `${before}\n\n${link}\n\n${after}\n`,
          html: `<p>${before}</p><p><a href="${escapeHtml(link)}">${subject}</a></p><p>${after}</p>`,
          requestId: `account-${sha256Hex(link)}`,
        },
        { timeoutMs },
      );
    } catch (err) {
      // The link is a secret, and so in no log.
      log.error({ err, subject }, "an e-mail of an account was not sent");
      throw new APIError("SERVICE_UNAVAILABLE", {
        code: "EMAIL_NOT_SENT",
        message: "The e-mail could not be sent; try again later",
      });
    }
  }

  return {
    sendReset: (to, link) =>
      send({
        to,
        link,
        subject: "Choose a new password",
        lines: [
          "Somebody, probably you, asked for a new password for your account. Choose one here:",
          "The link works for an hour. If it was not you, there is nothing to do.",
        ],
      }),
    sendVerification: (to, link) =>
      send({
        to,
        link,
        subject: "Confirm your e-mail address",
        lines: [
          "Welcome! Please confirm that this is your e-mail address:",
          "The link works for an hour. If you have no account with us, there is nothing to do.",
        ],
      }),
  };
}
