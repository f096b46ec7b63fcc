import { type DescEnum, ScalarType } from "@bufbuild/protobuf";
import type { JsonText } from "./json-text.ts";
import { checkEnumNumber, enumNumbers, scalarTextReader, unknownEnumValue } from "./scalar-text.ts";

/** Reads one value that JSON has no structure for: the readers of messages are made of these. */
export type ReadScalar = (read: { readonly json: JsonText }) => unknown;

/** The reader of a scalar in JSON. `longAsString` fields hold 64-bit integers as decimal strings. */
export function scalarReader(scalar: ScalarType, longAsString: boolean): ReadScalar {
  const readText = scalarTextReader(scalar, longAsString);
  switch (scalar) {
    case ScalarType.STRING:
      return ({ json }) => readString(json, "a string");
    case ScalarType.BYTES:
      return ({ json }) => readText(readString(json, "a string of base64"));
    case ScalarType.BOOL:
      return ({ json }) => json.boolean();
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return ({ json }) => readText(json.takeNumber() ?? readString(json, "a number"));
    default: {
      const fromSmall = smallIntegerReader(scalar, longAsString);
      return ({ json }) => {
        const small = json.takeSmallInteger();
        const value = small === undefined ? undefined : fromSmall(small);
        return value ?? readText(small?.toString() ?? json.takeNumber() ?? readString(json, "a number"));
      };
    }
  }
}

/** Makes the value of a whole number of few digits; undefined when it is out of range. */
function smallIntegerReader(scalar: ScalarType, longAsString: boolean): (value: number) => unknown {
  switch (scalar) {
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return (value) => (value === (value | 0) ? value : undefined);
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return (value) => (value === value >>> 0 ? value : undefined);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return (value) => (value < 0 ? undefined : longAsString ? String(value) : BigInt(value));
    default:
      return (value) => (longAsString ? String(value) : BigInt(value));
  }
}

/** The next string; `expected` says what else is refused for. */
export function readString(json: JsonText, expected: string): string {
  if (json.peek() !== 0x22) throw json.mismatch(expected);
  return json.string();
}

/** The reader of an enum: a value's name, or its number. */
export function enumReader(desc: DescEnum): ReadScalar {
  const numbers = enumNumbers(desc);
  const readNumber = scalarTextReader(ScalarType.INT32, false);
  return ({ json }) => {
    const token = json.takeNumber();
    if (token !== undefined) return checkEnumNumber(desc, readNumber(token) as number);
    const name = readString(json, `the name of a value of ${desc.typeName}`);
    const number = numbers.get(name);
    if (number !== undefined) return number;
    throw unknownEnumValue(desc, name, numbers);
  };
}

/** Reads `null`, the only value of google.protobuf.NullValue. */
export function readNullValue({ json }: { readonly json: JsonText }): number {
  if (json.takeNull()) return 0;
  throw json.mismatch("null");
}
