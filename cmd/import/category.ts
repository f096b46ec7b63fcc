import { create } from "@bufbuild/protobuf";
import { type Category, CategorySchema } from "../../gen/rowlock/catalog/v1/catalog_pb.js";

const maxIdLength = 64;

/**
 * The category that a file names: `Home & Garden` gets the id `home-garden`, and `mens-shirts`, an
 * id already, the title `Mens Shirts`. The id is empty when the name has nothing to make one of.
 */
export function categoryOf(name: string): Category {
  const id = name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^-/, "")
    .slice(0, maxIdLength)
    .replace(/-$/, "");
  const title =
    name === id ? id.replaceAll("-", " ").replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()) : name;
  return create(CategorySchema, { id, title });
}
