import { type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { httpBodyType, textField } from "./binding.ts";
import { type Fields, getField, hasPresence } from "./fields.ts";
import type { Rule } from "./rules.ts";

/** Finds the google.api.HttpBody that a rule's response is, the message or its `response_body`, if it is one. */
export function compileRaw({
  method,
  responseBody,
}: Rule): ((message: Fields) => Fields | undefined) | undefined {
  if (responseBody === "message") {
    return method.output.typeName === httpBodyType ? (message) => message : undefined;
  }
  if (responseBody.fieldKind !== "message" || responseBody.message.typeName !== httpBodyType)
    return undefined;
  return (message) => getField(message, responseBody) as Fields | undefined;
}

/** Reads a message's event id, for the `id:` of a server-sent event; empty when it has none that can stand there. */
export function compileEventId(desc: DescMessage, name: string): ((message: Fields) => string) | undefined {
  const field = textField(desc, name);
  if (field === undefined) return undefined;
  const unset = hasPresence(field) || field.scalar === ScalarType.STRING ? "" : "0";
  return (message) => {
    const id = String((getField(message, field) ?? "") as string | number | bigint);
    return id === unset || /[\0\r\n]/.test(id) ? "" : id;
  };
}
