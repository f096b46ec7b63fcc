import { createHash } from "node:crypto";
import { type DescMethod, fromJson } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { contracts } from "../cmd/start/network.ts";
import { reasonOf } from "../lib/errors/reasons.ts";
import { newToken } from "../lib/ids/ids.ts";
import { createGrpcTransport, type GrpcTransport } from "../lib/rpc/grpc-transport.ts";
import { createPrincipalSigner } from "../lib/rpc/index.ts";
import { type Buyer, delivery, newBuyer, newOrder } from "./support/buyer.ts";
import { Access, accessOf, methods, nameOf, routes } from "./support/contracts.ts";
import { createRest, reasonIn } from "./support/rest.ts";
import { type Json, sampleOf, toHttp } from "./support/samples.ts";
import { openShop, type TestShop, testServiceKey, testStaffKey } from "./support/shop.ts";

const key = Buffer.from(testServiceKey);
const signer = createPrincipalSigner({ key });
const signed = (kind: "guest" | "staff" | "service", id: string, by = signer) => ({
  "rowlock-principal": by.sign({ kind, id }),
});
const strangerToken = newToken();
const strangerDigest = createHash("sha256").update(strangerToken).digest("hex");

type Kind = "none" | "guest" | "staff" | "service" | "invalid";

/** Each kind of caller: what it sends, and what it is seen as on a port for services. */
const callers: Record<string, { as: Kind; headers: () => Record<string, string> }> = {
  nobody: { as: "none", headers: () => ({}) },
  "a token of nothing": { as: "guest", headers: () => ({ "rowlock-token": strangerToken }) },
  "a buyer": { as: "guest", headers: () => ({ "rowlock-token": buyer.token }) },
  staff: { as: "staff", headers: () => ({ authorization: `Bearer ${testStaffKey}` }) },
  "a wrong staff key": { as: "invalid", headers: () => ({ authorization: "Bearer wrong-key-of-nobody" }) },
  "a forged principal": {
    as: "invalid",
    headers: () => signed("service", "order", createPrincipalSigner({ key: Buffer.alloc(32, "x") })),
  },
  "an expired principal": {
    as: "invalid",
    headers: () =>
      signed("service", "order", createPrincipalSigner({ key, clock: () => new Date(Date.now() - 90_000) })),
  },
  "a signed guest": { as: "guest", headers: () => signed("guest", strangerDigest) },
  "signed staff": { as: "staff", headers: () => signed("staff", "anna") },
  "another service": { as: "service", headers: () => signed("service", "shipping") },
};

/** What a caller of a kind gets from a method's access option. */
function wanted(method: DescMethod, kind: Kind): string {
  if (kind === "invalid") return "UNAUTHENTICATED INVALID_CREDENTIALS";
  // Open to all, and so to be checked by the method itself: none of the callers is the vendor.
  if (/^Receive\w+Webhook$/.test(method.name)) return "UNAUTHENTICATED WEBHOOK_SIGNATURE_INVALID";
  const admitted: Record<Access, readonly Kind[]> = {
    [Access.UNSPECIFIED]: [],
    [Access.PUBLIC]: ["none", "guest", "staff", "service"],
    [Access.CUSTOMER]: ["guest", "staff", "service"],
    [Access.STAFF]: ["staff", "service"],
    [Access.SERVICE]: ["service"],
  };
  if (admitted[accessOf(method)].includes(kind)) return "passes";
  return kind === "none" ? "UNAUTHENTICATED UNAUTHENTICATED" : "PERMISSION_DENIED PERMISSION_DENIED";
}

let shop: TestShop;
let buyer: Buyer;
let orderId: string;
let orderToken: string;
let known: Json;
let grpc: GrpcTransport;
let connect: Transport;
beforeAll(async () => {
  shop = await openShop();
  await shop.sell("ACCESS");
  const ordered = await newOrder(shop.rest, ["ACCESS"]);
  orderId = ordered.order.body.id;
  buyer = await newBuyer(shop.rest);
  await buyer.add("ACCESS", 2);
  await buyer.deliver();
  known = {
    cart_id: buyer.cartId,
    order_id: orderId,
    shipping_method_id: ordered.order.body.shippingMethods[0].id,
    sku: "ACCESS",
    contact: delivery.contact,
    shipping_address: delivery.shippingAddress,
    expected_item_total: { currencyCode: "USD", amount: 1 },
  };
  orderToken = ordered.buyer.token;
  grpc = createGrpcTransport({ address: shop.grpcAddress, services: Object.values(contracts) });
  connect = createConnectTransport({ baseUrl: shop.httpUrl, httpVersion: "1.1" });
});
afterAll(async () => {
  grpc?.[Symbol.dispose]();
  await shop?.[Symbol.asyncDispose]();
});

/** Whether a caller gets past the access check. An empty request does little then but get refused for what it lacks. */
async function outcome(
  transport: Transport,
  method: DescMethod,
  headers: Record<string, string>,
  request: object = {},
): Promise<string> {
  type Call = (request: object, options: { headers: Record<string, string> }) => unknown;
  const client = createClient(method.parent, transport) as unknown as Record<string, Call>;
  try {
    const answer = client[method.localName]?.(request, { headers });
    if (method.methodKind === "server_streaming") {
      for await (const _ of answer as AsyncIterable<unknown>) break;
    } else {
      await answer;
    }
    return "passes";
  } catch (err) {
    const { code } = ConnectError.from(err);
    if (code === Code.Unauthenticated) return `UNAUTHENTICATED ${reasonOf(err)}`;
    if (code === Code.PermissionDenied) return `PERMISSION_DENIED ${reasonOf(err)}`;
    // Not to be taken for an answer of the method.
    if (code === Code.Unavailable || code === Code.Unimplemented || code === Code.Unknown) throw err;
    return "passes";
  }
}

/** Each caller's outcome, by the caller's name. */
async function table<T>(work: (caller: { as: Kind; headers: Record<string, string> }) => T | Promise<T>) {
  const rows = Object.entries(callers).map(
    async ([name, { as, headers }]) => [name, await work({ as, headers: headers() })] as const,
  );
  return Object.fromEntries(await Promise.all(rows));
}

const byName = methods.map((method) => [nameOf(method), method] as const);

describe("over gRPC", () => {
  test.each(byName)("%s", async (_name, method) => {
    expect(await table(({ headers }) => outcome(grpc, method, headers))).toEqual(
      await table((caller) => wanted(method, caller.as)),
    );
  });
});

describe("over Connect, on the HTTP port", () => {
  test.each(byName)("%s", async (_name, method) => {
    expect(await table(({ headers }) => outcome(connect, method, headers))).toEqual(
      await table((caller) => wanted(method, caller.as)),
    );
  });
});

describe("over REST", () => {
  // Principals are for processes: the gateway takes none from outside, so their sender is what else it says it is.
  const seenAs = ({ as, headers }: { as: Kind; headers: Record<string, string> }): Kind =>
    "rowlock-principal" in headers ? "none" : as;

  test.each(routes.map((route) => [`${route.httpMethod} ${route.template}`, route] as const))(
    "%s",
    async (_name, route) => {
      const empty = toHttp(route, {});
      const got = await table(async ({ headers }) => {
        const response = await fetch(shop.httpUrl + empty.path, {
          method: empty.method,
          headers: { ...headers, "content-type": "application/json" },
          ...(empty.body !== undefined && { body: JSON.stringify(empty.body) }),
        });
        const body = (await response.json()) as { error: { status: string } };
        if (response.status !== 401 && response.status !== 403) return "passes";
        return `${body.error.status} ${reasonIn({ status: response.status, headers: response.headers, body })}`;
      });
      expect(got).toEqual(await table((caller) => wanted(route.method, seenAs(caller))));
    },
  );

  test("every RPC has a route, but those between services", () => {
    const open = methods.filter((method) => accessOf(method) !== Access.SERVICE);
    expect(new Set(routes.map((route) => nameOf(route.method)))).toEqual(new Set(open.map(nameOf)));
    expect(methods.filter((method) => accessOf(method) === Access.SERVICE).length).toBeGreaterThan(0);
  });

  test("a 401 says how to authenticate", async () => {
    const answer = await shop.rest("GET", "/v1/orders");
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="rowlock"']);
  });
});

describe("an owner's resource", () => {
  const owned = routes.filter(
    ({ method }) =>
      accessOf(method) === Access.CUSTOMER && ["cart_id", "order_id"].some((name) => hasField(method, name)),
  );
  const byRoute = owned.map((route) => [nameOf(route.method), route] as const);

  /** Everything that a stranger could have changed. */
  async function state(): Promise<unknown> {
    const read = (path: string) => shop.rest("GET", path, { staff: shop.staff });
    const [cart, order, events, stock] = await Promise.all([
      read(`/v1/carts/${buyer.cartId}`),
      read(`/v1/orders/${orderId}`),
      read(`/v1/orders/${orderId}/events`),
      read("/v1/stock/ACCESS"),
    ]);
    for (const answer of [cart, order, events, stock]) expect(answer.status).toBe(200);
    return [cart.body, order.body, events.body, stock.body];
  }

  test("there are such RPCs, and every CUSTOMER one is among them", () => {
    const all = methods.filter((method) => accessOf(method) === Access.CUSTOMER);
    expect(owned.map(({ method }) => nameOf(method)).sort()).toEqual(all.map(nameOf).sort());
    expect(all.length).toBeGreaterThan(10);
  });

  test.each(byRoute)("%s is refused to a stranger, and changes nothing", async (_name, route) => {
    const before = await state();
    const request = sampleOf(route.method.input, { known });
    const { method, path, body } = toHttp(route, request);
    for (const token of [strangerToken, hasField(route.method, "order_id") ? buyer.token : orderToken]) {
      const answer = await shop.rest(method, path, { token, body });
      expect([answer.status, answer.body.error?.status, reasonIn(answer)]).toEqual([
        403,
        "PERMISSION_DENIED",
        "NOT_OWNER",
      ]);
      expect(
        await outcome(grpc, route.method, { "rowlock-token": token }, fromJson(route.method.input, request)),
      ).toBe("PERMISSION_DENIED NOT_OWNER");
    }
    expect(await state()).toEqual(before);
  });

  test.each(byRoute)("%s needs more than an id", async (_name, route) => {
    const before = await state();
    const { method, path, body } = toHttp(route, sampleOf(route.method.input, { known }));
    const answer = await createRest(shop.httpUrl)(method, path, { body });
    expect([answer.status, reasonIn(answer)]).toEqual([401, "UNAUTHENTICATED"]);
    expect(await state()).toEqual(before);
  });

  // Last, since it changes them: shows that it was ownership that stood in the way, and not the requests.
  test.each(byRoute)("%s is open to the owner and to staff", async (_name, route) => {
    const { method, path, body } = toHttp(route, sampleOf(route.method.input, { known }));
    const token = hasField(route.method, "order_id") ? orderToken : buyer.token;
    for (const credential of [{ token }, { staff: shop.staff }]) {
      const answer = await shop.rest(method, path, { ...credential, body });
      expect([401, 403]).not.toContain(answer.status);
      expect(answer.status).toBeLessThan(500);
      expect(reasonIn(answer)).not.toBe("INVALID_ARGUMENT");
    }
  });
});

function hasField(method: DescMethod, name: string): boolean {
  return method.input.fields.some((field) => field.name === name);
}
