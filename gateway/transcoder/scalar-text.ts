import type { DescEnum } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { BadInput, didYouMean } from "./bad-input.ts";

/**
 * Readers of scalar and enum values written as text: path variables, query parameters, and the number and
 * string tokens of JSON, which follow the same rules. All throw BadInput saying what was expected.
 */
export type ReadText = (text: string) => unknown;

/** The reader for a scalar type. `longAsString` fields hold 64-bit integers as decimal strings. */
export function scalarTextReader(scalar: ScalarType, longAsString: boolean): ReadText {
  switch (scalar) {
    case ScalarType.STRING:
      return (text) => text;
    case ScalarType.BOOL:
      return readBool;
    case ScalarType.BYTES:
      return readBytes;
    case ScalarType.DOUBLE:
      return readDouble;
    case ScalarType.FLOAT:
      return readFloat;
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return (text) => readSmall(text, -0x80000000, 0x7fffffff);
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return (text) => readSmall(text, 0, 0xffffffff);
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return longAsString ? (text) => String(readLong(text, minInt64, maxInt64)) : readInt64;
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return longAsString ? (text) => String(readLong(text, 0n, maxUint64)) : readUint64;
  }
}

/** The reader for an enum: a value's name, or its number; an open enum takes any int32. */
export function enumTextReader(desc: DescEnum): ReadText {
  const numbers = enumNumbers(desc);
  return (text) => {
    const number = numbers.get(text);
    if (number !== undefined) return number;
    if (/^-?[0-9]+$/.test(text)) return checkEnumNumber(desc, readSmall(text, -0x80000000, 0x7fffffff));
    throw unknownEnumValue(desc, text, numbers);
  };
}

/** Enum values by every name they go by in JSON. */
export function enumNumbers(desc: DescEnum): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const value of desc.values) numbers.set(value.name, value.number).set(value.jsonName, value.number);
  return numbers;
}

/** Refuses a number that a closed enum does not have. */
export function checkEnumNumber(desc: DescEnum, value: number): number {
  if (desc.open || desc.value[value] !== undefined) return value;
  throw new BadInput(`is no value of ${desc.typeName}`);
}

/** The refusal of a name that an enum does not have; what the client sent is not repeated. */
export function unknownEnumValue(
  desc: DescEnum,
  name: string,
  numbers: ReadonlyMap<string, number>,
): BadInput {
  return new BadInput(`is no value of ${desc.typeName}${didYouMean(name, numbers.keys())}`);
}

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;
const maxUint64 = 2n ** 64n - 1n;

function readInt64(text: string): bigint {
  return readLong(text, minInt64, maxInt64);
}

function readUint64(text: string): bigint {
  return readLong(text, 0n, maxUint64);
}

function readLong(text: string, min: bigint, max: bigint): bigint {
  const value = exactInteger(text);
  if (value === undefined || value < min || value > max) {
    throw new BadInput(`must be a whole number from ${min} to ${max}`);
  }
  return value;
}

function readSmall(text: string, min: number, max: number): number {
  const value = /^-?[0-9]{1,10}$/.test(text) ? Number(text) : exactInteger(text);
  if (value === undefined || value < min || value > max) {
    throw new BadInput(`must be a whole number from ${min} to ${max}`);
  }
  return Number(value) + 0; // "-0" is 0
}

/** Longest number looked at: no 64-bit integer needs more, and a longer one would cost its square to read. */
const maxNumberLength = 64;
const plainInteger = /^-?[0-9]{1,20}$/;
const decimal = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,3}))?$/;

/** A decimal without fraction (`5`, `-5`, `5.0`, `5e3`, `500e-2`) exactly; undefined for anything else. */
function exactInteger(text: string): bigint | undefined {
  if (plainInteger.test(text)) return BigInt(text);
  if (text.length > maxNumberLength) return undefined;
  const match = decimal.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const shift = Number(exponent) - fraction.length;
  const digits = whole + fraction;
  if (/^0*$/.test(digits)) return 0n;
  if (shift >= 0) return shift > maxNumberLength ? undefined : BigInt(`${sign}${digits}${"0".repeat(shift)}`);
  const kept = digits.slice(0, shift);
  if (!/^0*$/.test(digits.slice(shift))) return undefined;
  return BigInt(`${sign}${kept === "" ? "0" : kept}`);
}

function readBool(text: string): boolean {
  if (text === "true") return true;
  if (text === "false") return false;
  throw new BadInput("must be true or false");
}

function readBytes(text: string): Uint8Array {
  if (/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) {
    try {
      return base64Decode(text);
    } catch {
      // Falls through: the length is impossible.
    }
  }
  throw new BadInput("must be base64");
}

const number = /^-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

function readDouble(text: string): number {
  if (number.test(text)) {
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    throw new BadInput("is too large for a double");
  }
  if (text === "NaN") return Number.NaN;
  if (text === "Infinity") return Number.POSITIVE_INFINITY;
  if (text === "-Infinity") return Number.NEGATIVE_INFINITY;
  throw new BadInput("must be a number");
}

/** Largest finite float. */
const maxFloat = 3.4028234663852886e38;

function readFloat(text: string): number {
  const value = readDouble(text);
  if (Number.isFinite(value) && Math.abs(value) > maxFloat) throw new BadInput("is too large for a float");
  return value;
}
