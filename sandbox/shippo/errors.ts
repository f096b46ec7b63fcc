/** Shippo's refusals: either `{ detail }` or, per field, a list of texts. */
export class ShippoError extends Error {
  readonly status: number;
  readonly body: object;

  constructor(status: number, body: object) {
    super(JSON.stringify(body));
    this.status = status;
    this.body = body;
  }
}

export type FieldErrors = Record<string, unknown[]>;

export const REQUIRED = "This field is required.";

export function notFound(): ShippoError {
  return new ShippoError(404, { detail: "Not found." });
}
