import { languageTag } from "../../services/notify/templates/language.ts";
import type { Sender } from "../../services/shipping/carrier.ts";
import { listOf } from "./sign-in-config.ts";

/** What a process needs to know of the vendors behind payment, shipping and notify. Keys are never printed. */
export interface ProviderConfig {
  /** What the shop is called in its messages. */
  shopName: string;
  /** BCP 47 tag of the language in which it writes to who has no other wish. */
  language: string;
  stripeSecretKey: string;
  /** Signs Stripe's webhooks, `whsec_…`; empty: they are refused. */
  stripeWebhookSecret: string;
  /** The banks' methods of which Stripe takes the transfers. */
  stripeTransfers: readonly string[];
  /** In which country Stripe's accounts are that take transfers in EUR. */
  stripeTransferCountry: string;
  /** Or `none`: the shop has no carrier. */
  shippoApiKey: string;
  /** What Shippo's webhooks say in `?token=`; empty: they are refused. */
  shippoWebhookToken: string;
  /** Where parcels are sent from. */
  shipFrom: Sender;
  /** Where products were made of which the catalog does not say it, ISO 3166-1 alpha-2; empty: in the sender's country. */
  originCountry: string;
  sendgridApiKey: string;
  /** Verifies SendGrid's webhooks, base64 DER as SendGrid shows it; empty: they are refused. */
  sendgridWebhookPublicKey: string;
  twilioAccountSid: string;
  twilioAuthToken: string;
  mailFrom: string;
  /** Who is told of the stock. */
  staffEmails: readonly string[];
  smsFrom: string;
}

/** How each key begins: what was put into the wrong variable, or copied in part, is found at start. */
const shapes = {
  STRIPE_SECRET_KEY: [/^(?:sk|rk)_(?:test|live)_\w{8,}$/, "sk_test_… or sk_live_…"],
  STRIPE_WEBHOOK_SECRET: [/^whsec_\S+$/, "whsec_…"],
  SHIPPO_API_KEY: [
    /^(?:none|(?:ShippoToken )?shippo_(?:test|live)_\w{8,})$/,
    "shippo_test_… or shippo_live_…, or be none",
  ],
  SENDGRID_API_KEY: [/^SG\.[\w-]{8,}/, "SG.…"],
  TWILIO_ACCOUNT_SID: [/^AC[0-9a-fA-F]{32}$/, "AC and 32 hexadecimal digits"],
} as const satisfies Record<string, readonly [RegExp, string]>;

const mailAddress = /^[^\s@,]+@[^\s@,]+$/;
const phoneNumber = /^\+[1-9][0-9]{6,14}$/;

/** Where the demo shop's parcels come from. */
export const demoWarehouse = "Rowlock Warehouse; 965 Mission St; San Francisco; CA; 94103; US; +14155550100";

/** Reads the vendors' part of the environment; what is wrong with it is added to `problems`. */
export function readProviders(
  text: (name: string, otherwise?: string) => string,
  problems: string[],
): ProviderConfig {
  const shaped = (name: keyof typeof shapes) => {
    const [shape, like] = shapes[name];
    const value = text(name);
    if (value !== "" && !shape.test(value)) problems.push(`${name} must look like ${like}`);
    return value;
  };
  const matching = (name: string, otherwise: string, [shape, like]: readonly [RegExp, string]) => {
    const value = text(name, otherwise);
    if (!shape.test(value)) problems.push(`${name} must be ${like}`);
    return value;
  };
  const language = text("ROWLOCK_LANGUAGE", "en");
  if (languageTag(language) === undefined) {
    problems.push("ROWLOCK_LANGUAGE must be a BCP 47 tag of a language such as de or id-ID");
  }
  const mailFrom = matching("ROWLOCK_MAIL_FROM", "shop@example.com", [mailAddress, "an e-mail address"]);
  const staffEmails = listOf(text("ROWLOCK_STAFF_EMAILS"));
  if (!staffEmails.every((each) => mailAddress.test(each))) {
    problems.push("ROWLOCK_STAFF_EMAILS must be e-mail addresses, separated by commas");
  }
  const stripeTransfers = listOf(text("ROWLOCK_STRIPE_TRANSFERS"));
  if (!stripeTransfers.every((each) => /^[A-Z][A-Z0-9_]{1,31}$/.test(each))) {
    problems.push("ROWLOCK_STRIPE_TRANSFERS must be methods such as BANK_TRANSFER, separated by commas");
  }
  const twilioAccountSid = shaped("TWILIO_ACCOUNT_SID");
  const twilioAuthToken = text("TWILIO_AUTH_TOKEN");
  if ((twilioAccountSid === "") !== (twilioAuthToken === "")) {
    problems.push("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN go together");
  }
  return {
    shopName: text("ROWLOCK_SHOP_NAME", "Rowlock"),
    language,
    stripeSecretKey: shaped("STRIPE_SECRET_KEY"),
    stripeWebhookSecret: shaped("STRIPE_WEBHOOK_SECRET"),
    stripeTransfers,
    stripeTransferCountry: matching("ROWLOCK_STRIPE_TRANSFER_COUNTRY", "DE", [
      /^(?:DE|FR|IE|NL)$/,
      "DE, FR, IE or NL",
    ]),
    shippoApiKey: shaped("SHIPPO_API_KEY"),
    shippoWebhookToken: text("SHIPPO_WEBHOOK_TOKEN"),
    shipFrom: readSender(text("ROWLOCK_SHIP_FROM", demoWarehouse), { mailFrom, problems }),
    originCountry: matching("ROWLOCK_ORIGIN_COUNTRY", "", [
      /^([A-Z]{2})?$/,
      "the two letters of a country such as DE",
    ]),
    sendgridApiKey: shaped("SENDGRID_API_KEY"),
    sendgridWebhookPublicKey: text("SENDGRID_WEBHOOK_PUBLIC_KEY"),
    twilioAccountSid,
    twilioAuthToken,
    mailFrom,
    staffEmails,
    smsFrom: matching("ROWLOCK_SMS_FROM", "+15005550006", [
      phoneNumber,
      "a phone number such as +14155550100",
    ]),
  };
}

/** `name; street; city; state; postal code; country; phone`, where a country without states has nothing between two. */
function readSender(text: string, { mailFrom, problems }: { mailFrom: string; problems: string[] }): Sender {
  const [name = "", line1 = "", city = "", state = "", postalCode = "", countryCode = "", phone = ""] = text
    .split(";")
    .map((part) => part.trim());
  const isWhole = name !== "" && line1 !== "" && city !== "" && /^[A-Z]{2}$/.test(countryCode);
  if (!isWhole || (phone !== "" && !phoneNumber.test(phone))) {
    problems.push(`ROWLOCK_SHIP_FROM must look like ${demoWarehouse}`);
  }
  return { name, line1, city, state, postalCode, countryCode, phone, email: mailFrom };
}
