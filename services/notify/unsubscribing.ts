import { fail } from "./reasons.ts";
import type { NotifyDeps } from "./service.ts";
import { readLinkKey } from "./store-suppression.ts";
import { openAddress, sealAddress } from "./unsubscribe-token.ts";

/** Links by which notices are stopped. */
export interface Unsubscribing {
  /** The link in a notice to an address, to a page in a language; empty: the shop's. */
  urlFor(address: string, language: string): Promise<string>;
  /** Errors: UNSUBSCRIBE_TOKEN_INVALID. */
  addressOf(token: string): Promise<string>;
}

/** Links of this shop; their key is read once. */
export function createUnsubscribing({ db, webhooks }: Pick<NotifyDeps, "db" | "webhooks">): Unsubscribing {
  let known: Uint8Array | undefined;
  const readKey = async () => {
    known ??= await readLinkKey(db);
    return known;
  };
  return {
    urlFor: async (address, language) => {
      const url = `${webhooks.publicUrl}/v1/unsubscribe/${sealAddress(await readKey(), address)}`;
      return language === "" ? url : `${url}?language=${language}`;
    },
    async addressOf(token) {
      const address = openAddress(await readKey(), token);
      if (address === undefined) throw fail("UNSUBSCRIBE_TOKEN_INVALID", {});
      return address;
    },
  };
}
