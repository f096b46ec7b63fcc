import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type Customer,
  CustomerSchema,
  type Erasure as ErasureMessage,
  ErasureSchema,
  type SavedAddress as SavedAddressMessage,
  SavedAddressSchema,
} from "../../gen/rowlock/customer/v1/customer_pb.js";
import type { Address, Erasure, Profile, SavedAddress } from "./profile.ts";

/** A profile as a message. */
export function toCustomer({ revision, createTime, updateTime, ...profile }: Profile): Customer {
  return create(CustomerSchema, {
    ...profile,
    etag: etagOf(revision),
    ...(createTime !== null && { createTime: timestampFromDate(createTime) }),
    ...(updateTime !== null && { updateTime: timestampFromDate(updateTime) }),
  });
}

/** The etag of a profile's revision; opaque to callers. */
export function etagOf(revision: bigint): string {
  return revision.toString(36);
}

/** An address of an address book as a message. */
export function toSavedAddress({ isDefault, createTime, ...saved }: SavedAddress): SavedAddressMessage {
  return create(SavedAddressSchema, {
    ...saved,
    default: isDefault,
    createTime: timestampFromDate(createTime),
  });
}

/** The address in a request, as it is stored. */
export function toAddress(address: Address): Address {
  const { name, line1, line2, city, state, postalCode, countryCode } = address;
  return { name, line1, line2, city, state, postalCode, countryCode };
}

/** How far an erasure is, as a message. */
export function toErasure({ customerId, requestTime, completeTime }: Erasure): ErasureMessage {
  return create(ErasureSchema, {
    customerId,
    requestTime: timestampFromDate(requestTime),
    ...(completeTime !== null && { completeTime: timestampFromDate(completeTime) }),
  });
}
