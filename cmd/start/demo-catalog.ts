import { Role } from "../../gen/rowlock/auth/v1/access_pb.js";
import { asPrincipal } from "../../lib/rpc/index.ts";
import type { Network } from "./network.ts";

/** A few things to try the shop out with; prices in US cents, sizes as packed; origin and tariff number. */
const products = [
  {
    sku: "MUG-BLUE",
    title: "Stoneware mug, blue",
    description: "Holds 350 ml, keeps warm, survives the dishwasher.",
    category: { id: "kitchen", title: "Kitchen" },
    usd: 1450n,
    size: [120, 120, 110, 380],
    customs: ["PT", "691200"],
    stock: 250n,
  },
  {
    sku: "TOWEL-LINEN",
    title: "Linen tea towel",
    description: "Washed linen, 50 by 70 cm, dries quickly.",
    category: { id: "kitchen", title: "Kitchen" },
    usd: 990n,
    size: [200, 150, 20, 120],
    customs: ["LT", "630299"],
    stock: 400n,
  },
  {
    sku: "LAMP-DESK",
    title: "Desk lamp",
    description: "Brass arm, dimmable, warm light.",
    category: { id: "home", title: "Home" },
    usd: 8900n,
    size: [450, 180, 150, 2100],
    customs: ["CZ", "940521"],
    stock: 40n,
  },
  {
    sku: "POSTER-SAIL",
    title: "Poster: sailing boat",
    description: "Risograph print on 170 g paper, 40 by 60 cm. Only a hundred were made.",
    category: { id: "home", title: "Home" },
    usd: 3500n,
    size: [650, 80, 80, 300],
    customs: ["US", "491191"],
    stock: 100n,
  },
] as const;

/** Fills an empty catalog with the demo products and their stock; does nothing once there is a product. */
export async function addDemoCatalog(network: Network): Promise<void> {
  const catalog = network.client("catalog", "catalog");
  const inventory = network.client("catalog", "inventory");
  const call = asPrincipal({ kind: "staff", id: "demo", role: Role.EDITOR, areas: [] });
  const there = await catalog.listProducts({ pageSize: 1 }, call);
  if (there.products.length > 0) return;
  for (const { sku, title, description, category, usd, size, customs, stock } of products) {
    await catalog.createCategory({ category }, call);
    const [lengthMm, widthMm, heightMm, weightG] = size;
    const [originCountryCode, tariffNumber] = customs;
    const variant = {
      sku,
      prices: [{ currencyCode: "USD", amount: usd }],
      package: { lengthMm, widthMm, heightMm, weightG },
      ...{ originCountryCode, tariffNumber },
    };
    const product = { title, description, categoryIds: [category.id], variants: [variant] };
    await catalog.createProduct({ product, requestId: `demo-product-${sku}` }, call);
    await inventory.setStock({ sku, onHand: stock, requestId: `demo-stock-${sku}` }, call);
  }
}
