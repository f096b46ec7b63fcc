/** Something wrong in the file: where, in the file's own words, and why. */
export interface Problem {
  /** From 1. */
  line: number;
  /** The column or property; empty when the row as a whole is at fault. */
  field: string;
  message: string;
}

/** A product as a file has it, units converted, nothing checked against the shop's rules yet. */
export interface ProductRow {
  line: number;
  sku: string;
  title: string;
  description: string;
  /** As written; its slug is the category's id. */
  category: string;
  /** Decimal, in major units, exactly as written. */
  price: string;
  currency: string;
  /** Units on hand; undefined leaves the stock alone. */
  stock: bigint | undefined;
  tags: string[];
  brand: string;
  /** Grams and millimetres; undefined when the file gives no size at all. */
  package: { weightG: number; lengthMm: number; widthMm: number; heightMm: number } | undefined;
  imageUrls: string[];
  /** For customs: ISO 3166-1 alpha-2, and the number in the Harmonized System; empty when not given. */
  originCountry: string;
  tariffNumber: string;
  metadata: Record<string, string>;
}

/** What reading a file comes to: rows to be checked, and what could not be read at all. */
export interface ReadResult {
  rows: ProductRow[];
  problems: Problem[];
  /** What the reader did not use, for a word to the user. */
  ignored: string[];
  /** What a part of a product (a proto path without indexes, `variants.prices`) is called in this kind of file. */
  fieldNames: Record<string, string>;
}
