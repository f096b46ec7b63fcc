import type { HttpClient } from "./http-client.ts";

/** Makes the products of a sale, each of one variant, with their stock; returns their SKUs. */
export async function stockUp({
  http,
  staffKey,
  skus,
  units,
}: {
  http: HttpClient;
  staffKey: string;
  /** How many. */
  skus: number;
  /** Of each. */
  units: number;
}): Promise<string[]> {
  const post = async (path: string, body: unknown) => {
    const headers = { authorization: `Bearer ${staffKey}` };
    const answer = await http.send({ method: "POST", path, headers, body });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  const names = Array.from({ length: skus }, (_, i) => `FLASH-${i + 1}`);
  for (const [i, sku] of names.entries()) {
    const variant = {
      sku,
      prices: [{ currencyCode: "USD", amount: 2_000 + 100 * i }],
      package: { lengthMm: 120, widthMm: 90, heightMm: 40, weightG: 300 },
    };
    await post("/v1/products", { title: `Flash sale ${i + 1}`, variants: [variant] });
    await post(`/v1/stock/${sku}:set`, { onHand: units });
  }
  return names;
}
