import { getOption } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { http } from "../gen/google/api/annotations_pb.js";
import { Access, access } from "../gen/rowlock/auth/v1/access_pb.js";
import { OrderManagementService } from "../gen/rowlock/legacy/order_management/v1/order_management_pb.js";
import { openContract } from "./open-contract.ts";

const accessOf = (service: typeof OrderManagementService | ReturnType<typeof openContract>) =>
  service.methods.map((method) => getOption(method, access));

test("an open contract is PUBLIC throughout, and the same in everything else", () => {
  const open = openContract(OrderManagementService);
  expect(new Set(accessOf(open))).toEqual(new Set([Access.PUBLIC]));
  expect(open.typeName).toBe(OrderManagementService.typeName);
  expect(open.methods.map(({ name, input, output }) => [name, input, output])).toEqual(
    OrderManagementService.methods.map(({ name, input, output }) => [name, input, output]),
  );
  expect(open.methods.map((method) => getOption(method, http))).toEqual(
    OrderManagementService.methods.map((method) => getOption(method, http)),
  );
  for (const method of open.methods) {
    expect(method.parent).toBe(open);
    expect(open.method[method.localName]).toBe(method);
  }
});

test("the contract itself stays as it is", () => {
  openContract(OrderManagementService);
  expect(accessOf(OrderManagementService)).toContain(Access.STAFF);
});

test("a contract is opened once, so that its hosts and its callers mean the same", () => {
  expect(openContract(OrderManagementService)).toBe(openContract(OrderManagementService));
});
