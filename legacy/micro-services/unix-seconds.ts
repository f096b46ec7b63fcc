import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";

/** Whole seconds since 1970; 0 when there is no time. */
export function unixSeconds(time: Timestamp | undefined): bigint {
  return time === undefined ? 0n : BigInt(Math.floor(timestampDate(time).getTime() / 1000));
}
