import { invalidArgument } from "../../lib/errors/reasons.ts";
import { sha256Hex } from "../../lib/ids/ids.ts";

/**
 * Event ids of one set of SKUs. An id is what its reader has been told: a digest of the SKUs, and in their order the
 * units of each, in hexadecimal. So whoever resumes is sent what differs from that, on whichever replica, and nothing
 * has to be remembered. 100 SKUs take 1,716 characters at most, some 250 as a rule.
 */
export class StockEventIds {
  readonly #skus: readonly string[];
  readonly #digest: string;

  constructor(skus: readonly string[]) {
    // The same set in another order is resumed all the same.
    this.#skus = [...skus].sort();
    this.#digest = sha256Hex(JSON.stringify(this.#skus)).slice(0, 16);
  }

  /** The units of each SKU as an id. */
  format(told: ReadonlyMap<string, bigint>): string {
    return [this.#digest, ...this.#skus.map((sku) => (told.get(sku) ?? 0n).toString(16))].join(".");
  }

  /**
   * The units of each SKU that an id's reader has been told; of an empty id, and one of other SKUs, nothing.
   * @throws INVALID_ARGUMENT when it is no event id.
   */
  parse(eventId: string): Map<string, bigint> {
    const [digest = "", ...units] = eventId.split(".");
    if (eventId === "") return new Map();
    if (!/^[0-9a-f]{16}(\.[0-9a-f]{1,16})+$/.test(eventId)) {
      throw invalidArgument([{ field: "last_event_id", description: "is no event_id of WatchStock" }]);
    }
    if (digest !== this.#digest || units.length !== this.#skus.length) return new Map();
    return new Map(this.#skus.map((sku, i) => [sku, BigInt(`0x${units[i]}`)]));
  }
}
