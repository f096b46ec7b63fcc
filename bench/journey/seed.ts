import type { Http } from "./http.ts";

const productCount = 200;

/** Makes the products that the buyers draw from, with more stock than they can buy; returns their SKUs. */
export async function seed(http: Http, staffKey: string): Promise<string[]> {
  const headers = { "x-api-key": staffKey };
  await http.call("POST", "/v1/categories", headers, { id: "bench", title: "Bench" });
  const skus = Array.from({ length: productCount }, (_, i) => `BENCH-${String(i).padStart(3, "0")}`);
  for (const [i, sku] of skus.entries()) {
    await http.call("POST", "/v1/products", headers, {
      title: `Bench product ${i}`,
      description: "A product that is bought over and over again. ".repeat(4),
      categoryIds: ["bench"],
      variants: [
        {
          sku,
          prices: [{ currencyCode: "USD", amount: 1000 + i }],
          package: { lengthMm: 120, widthMm: 90, heightMm: 40, weightG: 300 },
        },
      ],
    });
    await http.call("POST", `/v1/stock/${sku}:set`, headers, { onHand: 1_000_000 });
  }
  return skus;
}
