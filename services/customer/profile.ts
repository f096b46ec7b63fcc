/** What is known of a customer. */
export interface Profile {
  id: string;
  /** The account's; empty until it was recorded. */
  email: string;
  emailVerified: boolean;
  name: string;
  phone: string;
  language: string;
  acceptsMarketing: boolean;
  /** Counts the changes. */
  revision: bigint;
  /** Null while nothing was recorded. */
  createTime: Date | null;
  updateTime: Date | null;
}

/** A customer of whom nothing is known but the id. */
export function unknownProfile(id: string): Profile {
  return {
    id,
    email: "",
    emailVerified: false,
    name: "",
    phone: "",
    language: "",
    acceptsMarketing: false,
    revision: 0n,
    createTime: null,
    updateTime: null,
  };
}

/** What a customer may change. */
export type ProfileContent = Pick<Profile, "name" | "phone" | "language" | "acceptsMarketing">;

/** The parts of a profile that an update may change. */
export const changeableFields = [
  "name",
  "phone",
  "language",
  "acceptsMarketing",
] as const satisfies (keyof ProfileContent)[];

/** A place that a customer has saved. */
export interface SavedAddress {
  id: string;
  label: string;
  address: Address;
  isDefault: boolean;
  createTime: Date;
}

/** A postal address. */
export interface Address {
  name: string;
  line1: string;
  line2: string;
  city: string;
  state: string;
  postalCode: string;
  countryCode: string;
}

/** Most addresses of an address book. */
export const maxAddresses = 50;

/** How far the forgetting of a customer is. */
export interface Erasure {
  customerId: string;
  requestTime: Date;
  completeTime: Date | null;
}
