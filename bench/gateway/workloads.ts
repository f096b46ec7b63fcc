/** What is echoed: a request and the JSON schema by which a hand-written route reads and writes its body. */
export interface Workload {
  name: string;
  method: "POST";
  path: string;
  /** The path as Fastify has it. */
  route: string;
  body: object;
  schema: object;
  /** Servers that do not have it. */
  without: readonly string[];
}

const object = (properties: Record<string, object>, required: string[] = []) => ({
  type: "object",
  additionalProperties: false,
  properties,
  required,
});
const string = { type: "string" };
/** As the contract of the echo bounds it. */
const longText = { type: "string", maxLength: 100_000 };
const integer = { type: "integer" };
const author = object({ fullName: string, birthYear: integer });

/** A text alone, and a resource with strings, numbers, a list, a map, an enum and a message in it. */
export const workloads: readonly Workload[] = [
  {
    name: "text",
    method: "POST",
    path: "/v1/echo",
    route: "/v1/echo",
    body: { text: "All work and no play makes Jack a dull boy." },
    schema: object({ text: longText, remainingMs: integer, caller: string }),
    without: [],
  },
  {
    name: "book",
    method: "POST",
    path: "/v1/shelves/classics/books",
    route: "/v1/shelves/:shelf/books",
    body: {
      name: "shelves/classics/books/moby-dick",
      title: "Moby-Dick; or, The Whale",
      price: 1299,
      pages: 635,
      tags: ["novel", "sea", "1851"],
      author: { fullName: "Herman Melville", birthYear: 1819 },
      etag: "b1946ac92492d2347c6235b4d2611184",
      status: "STATUS_AVAILABLE",
      labels: { language: "en", binding: "hardcover" },
    },
    schema: object({
      ...{ name: string, title: string, price: integer, pages: integer, etag: string, author },
      tags: { type: "array", items: string },
      status: { type: "string", enum: ["STATUS_UNSPECIFIED", "STATUS_AVAILABLE", "STATUS_LENT"] },
      labels: { type: "object", additionalProperties: string },
    }),
    // Its contract does not say who may call, without which no method passes the front door.
    without: ["front door"],
  },
];
