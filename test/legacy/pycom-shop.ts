import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Answer } from "../support/rest.ts";
import { openShop } from "../support/shop.ts";

/** A shop, and what the tests of pycom's API do with it. */
export async function openPycom() {
  const shop = await openShop();

  const call = (method: string, path: string, body?: unknown, key?: string) =>
    shop.rest(method, `/api/${path}`, { body, key });
  const asStaff = (method: string, path: string, body?: unknown, key?: string) =>
    shop.rest(method, `/api/${path}`, { staff: shop.staff, body, key });
  const update = (body: Record<string, unknown>, key?: string) => call("POST", "updatecart", body, key);
  const view = (sid: string) => call("GET", `viewcart/${sid}`);

  /** Makes a product; answers its id. */
  async function sell({ price = 10, quantity = 10 } = {}): Promise<string> {
    const made = await asStaff("POST", "crudproducts", { name: "Bucket", price, quantity });
    expect(made.status).toBe(200);
    return made.body.id;
  }

  /** A session with units of products in its cart. */
  async function session(units: Record<string, number>): Promise<string> {
    const sid = randomUUID();
    for (const [pid, v] of Object.entries(units)) expect((await update({ sid, pid, v })).status).toBe(200);
    return sid;
  }

  /** What an answer says of each product: in the cart, and in stock. */
  function counts({ body }: Answer): Record<string, [incart: number, instock: number]> {
    const products: { id: string; incart: number; instock: number }[] = body.products;
    return Object.fromEntries(products.map(({ id, incart, instock }) => [id, [incart, instock]]));
  }

  return {
    shop,
    call,
    asStaff,
    update,
    view,
    sell,
    session,
    counts,
    [Symbol.asyncDispose]: () => shop[Symbol.asyncDispose](),
  };
}
