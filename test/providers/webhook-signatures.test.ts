import { generateKeyPairSync, sign } from "node:crypto";
import twilio from "twilio";
import { expect, test } from "vitest";
import { isSignedBySendgrid, readSendgridKey } from "../../services/notify/sendgrid-webhook.ts";
import { signTwilio } from "../../services/notify/testing/sign-twilio.ts";
import { isSignedByTwilio, readForm } from "../../services/notify/twilio-webhook.ts";

const url = "https://shop.test/v1/webhooks/twilio";
const token = "a-token-of-twilio";
const fields = { MessageSid: "SM1", MessageStatus: "delivered", To: "+14155550123", Empty: "" };

test("what Twilio's own signer signs is believed, and the tests' signer agrees with it", async () => {
  const signature = twilio.getExpectedTwilioSignature(token, url, fields);
  const form = readForm(Buffer.from(new URLSearchParams(fields).toString()));
  expect(await isSignedByTwilio(token, { signature, url, form })).toBe(true);
  expect(signTwilio(token, url, fields)).toBe(signature);
});

test("fields that come several times are part of what Twilio signs", async () => {
  const form = readForm(Buffer.from("MessageSid=SM1&MediaUrl=a&MediaUrl=b"));
  expect(form).toEqual({ MessageSid: "SM1", MediaUrl: ["a", "b"] });
  const signature = twilio.getExpectedTwilioSignature(token, url, form);
  expect(await isSignedByTwilio(token, { signature, url, form })).toBe(true);
});

test.each([
  ["another field", { form: { ...fields, MessageStatus: "failed" } }],
  ["another address", { url: "https://shop.test/v1/webhooks/twilio2" }],
  ["no signature", { signature: "" }],
  ["a signature that is none", { signature: "%%%" }],
])("Twilio's signature does not cover %s", async (_, changed) => {
  const signature = twilio.getExpectedTwilioSignature(token, url, fields);
  expect(await isSignedByTwilio(token, { signature, url, form: fields, ...changed })).toBe(false);
});

test("SendGrid's signature is ECDSA on P-256 over the time and the body, byte by byte", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const key = readSendgridKey(publicKey.export({ type: "spki", format: "der" }).toString("base64"));
  const body = Buffer.from('[{"event":"delivered"}]\r\n');
  const signature = sign("sha256", Buffer.concat([Buffer.from("1600112502"), body]), privateKey).toString(
    "base64",
  );
  const signed = { signature, timestamp: "1600112502", body };
  expect(isSignedBySendgrid(key, signed)).toBe(true);
  expect(isSignedBySendgrid(key, { ...signed, timestamp: "1600112503" })).toBe(false);
  expect(isSignedBySendgrid(key, { ...signed, body: body.subarray(0, -1) })).toBe(false);
  expect(isSignedBySendgrid(key, { ...signed, signature: "bm8gc2lnbmF0dXJl" })).toBe(false);
  expect(isSignedBySendgrid(key, { ...signed, signature: "" })).toBe(false);
});
