import type { DescMessage } from "@bufbuild/protobuf";
import { BadInput, decodeUtf8 } from "./bad-input.ts";
import { decodeText } from "./query.ts";

/**
 * A form (`application/x-www-form-urlencoded`) as the JSON body that says the same, for whoever reads those: values are
 * strings, which stand for numbers, too, and a list's field may be given several times. Empty for an empty form.
 * Throws BadInput naming the field.
 */
export function formToJson(desc: DescMessage, form: Buffer): Buffer {
  const values = new Map<string, string[]>();
  for (const pair of decodeUtf8(form).split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decodeText(equals < 0 ? pair : pair.slice(0, equals), pair);
    const value = equals < 0 ? "" : decodeText(pair.slice(equals + 1), name);
    const others = values.get(name);
    if (others === undefined) values.set(name, [value]);
    else others.push(value);
  }
  if (values.size === 0) return Buffer.alloc(0);
  const members = [...values].map(([name, given]) => {
    const value = isList(desc, name) ? given : given[0];
    if (typeof value === "string" && given.length > 1) throw new BadInput("is given twice", name);
    return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  });
  return Buffer.from(`{${members.join(",")}}`);
}

function isList({ fields }: DescMessage, name: string): boolean {
  return fields.some(
    (field) => field.fieldKind === "list" && (field.name === name || field.jsonName === name),
  );
}
