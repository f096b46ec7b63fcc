import { create } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { accountOf, addressAt, gateway, openTestCustomers, type TestCustomers } from "./testing/shop.ts";

let shop: TestCustomers;
let ada: ReturnType<TestCustomers["signedIn"]>;
let addressId: string;
beforeAll(async () => {
  shop = await openTestCustomers();
  ada = shop.signedIn();
  await shop.client.recordAccount(accountOf(ada.id), gateway);
  ({ id: addressId } = await shop.client.addAddress({ address: addressAt("1") }, ada.caller));
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const rename = (requestId: string) =>
  shop.client.updateOwnProfile(
    { customer: { name: "N" }, updateMask: create(FieldMaskSchema, { paths: ["name"] }), requestId },
    ada.caller,
  );
const address = addressAt("2");

/** Statements sent, `begin` and `commit` included. */
test.each<[string, number, () => Promise<unknown>]>([
  ["GetOwnProfile", 1, () => shop.client.getOwnProfile({}, ada.caller)],
  ["ListOwnAddresses", 1, () => shop.client.listOwnAddresses({}, ada.caller)],
  ["GetCustomer", 1, () => shop.client.getCustomer({ customerId: ada.id }, as.staff)],
  ["ListCustomers", 1, () => shop.client.listCustomers({}, as.staff)],
  ["RecordAccount", 1, () => shop.client.recordAccount(accountOf(ada.id), gateway)],
  ["UpdateOwnProfile", 4, () => rename("")],
  ["UpdateOwnProfile with a request_id", 6, () => rename("r")],
  ["AddAddress", 5, () => shop.client.addAddress({ address }, ada.caller)],
  ["AddAddress as the default one", 6, () => shop.client.addAddress({ address, default: true }, ada.caller)],
  ["AddAddress with a request_id", 7, () => shop.client.addAddress({ address, requestId: "a" }, ada.caller)],
  ["ReplaceAddress", 4, () => shop.client.replaceAddress({ addressId, address }, ada.caller)],
  [
    "ReplaceAddress as the default one",
    5,
    () => shop.client.replaceAddress({ addressId, address, default: true }, ada.caller),
  ],
  ["RemoveAddress of the default one", 5, () => shop.client.removeAddress({ addressId }, ada.caller)],
  ["RemoveAddress of what is not there", 4, () => shop.client.removeAddress({ addressId }, ada.caller)],
  ["ExportOwnData", 2, () => shop.client.exportOwnData({}, ada.caller)],
  ["EraseOwnData, with its job", 6, () => shop.client.eraseOwnData({}, ada.caller)],
])("%s sends %i", async (_name, budget, call) => {
  shop.statements.length = 0;
  await call();
  expect(shop.statements).toHaveLength(budget);
});
