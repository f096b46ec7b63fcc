/**
 * The operations of Stripe's disputes, which the trimmed document leaves out: as in Stripe's own, with the schemas of
 * the object that it has.
 */
const text = { type: "string", maxLength: 5000 };
const query = (name: string, schema: object) => ({ name, in: "query", style: "deepObject", schema });
const id = { name: "dispute", in: "path", required: true, schema: text };
const expand = { type: "array", items: text };
const metadata = { anyOf: [{ type: "object", additionalProperties: { type: "string" } }, { enum: [""] }] };
const bounds = {
  type: "object",
  additionalProperties: false,
  properties: Object.fromEntries(["gt", "gte", "lt", "lte"].map((name) => [name, { type: "integer" }])),
};
const evidence = {
  type: "object",
  additionalProperties: false,
  properties: { uncategorized_text: text, customer_name: text },
};

const json = (schema: object) => ({ description: "", content: { "application/json": { schema } } });
const answers = (schema: object) => ({
  "200": json(schema),
  default: json({ $ref: "#/components/schemas/error" }),
});
const form = (properties: object) => ({
  content: {
    "application/x-www-form-urlencoded": {
      schema: { type: "object", additionalProperties: false, properties },
    },
  },
});
const dispute = { $ref: "#/components/schemas/dispute" };
const page = {
  type: "object",
  required: ["object", "data", "has_more", "url"],
  properties: {
    object: { enum: ["list"] },
    data: { type: "array", items: dispute },
    has_more: { type: "boolean" },
    url: { type: "string", pattern: "^/v1/disputes" },
  },
};

export const disputePaths = {
  "/v1/disputes": {
    get: {
      parameters: [
        ...["charge", "payment_intent", "starting_after", "ending_before"].map((name) => query(name, text)),
        query("limit", { type: "integer" }),
        query("created", { anyOf: [bounds, { type: "integer" }] }),
        query("expand", expand),
      ],
      responses: answers(page),
    },
  },
  "/v1/disputes/{dispute}": {
    get: { parameters: [id, query("expand", expand)], responses: answers(dispute) },
    post: {
      parameters: [id],
      requestBody: form({ evidence, metadata, submit: { type: "boolean" }, expand }),
      responses: answers(dispute),
    },
  },
  "/v1/disputes/{dispute}/close": {
    post: { parameters: [id], requestBody: form({ expand }), responses: answers(dispute) },
  },
};
