/**
 * Prints `buf/validate/validate.proto` from the descriptor that the npm package
 * @bufbuild/protovalidate carries, so that buf can compile our contracts without
 * a network. Names, numbers and types are the package's; its comments and the
 * CEL text of the predefined rules (which protovalidate reads from its own copy)
 * are left out.
 *
 *     node scripts/print-validate-proto.ts > third_party/proto/buf/validate/validate.proto
 */
import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { file_buf_validate_validate as file } from "../node_modules/@bufbuild/protovalidate/dist/esm/gen/buf/validate/validate_pb.js";

function typeName(field: DescField): string {
  if (field.message !== undefined && field.fieldKind !== "map") return `.${field.message.typeName}`;
  if (field.enum !== undefined && field.fieldKind !== "map") return `.${field.enum.typeName}`;
  if (field.fieldKind === "map") throw new Error(`map field not expected: ${field.name}`);
  return ScalarType[field.scalar as ScalarType].toLowerCase();
}

function printField(field: DescField, indent: string): string {
  const label =
    field.fieldKind === "list"
      ? "repeated "
      : field.oneof === undefined && field.presence === FeatureSet_FieldPresence.EXPLICIT
        ? "optional "
        : "";
  return `${indent}${label}${typeName(field)} ${field.name} = ${field.number};\n`;
}

function printEnum(desc: DescEnum, indent: string): string {
  const values = desc.values.map((v) => `${indent}  ${v.name} = ${v.number};\n`).join("");
  return `${indent}enum ${desc.name} {\n${values}${indent}}\n`;
}

function printMessage(desc: DescMessage, indent: string): string {
  const inner = `${indent}  `;
  let body = "";
  for (const range of desc.proto.extensionRange) {
    body += `${inner}extensions ${range.start} to ${range.end === 536870912 ? "max" : range.end - 1};\n`;
  }
  for (const nested of desc.nestedEnums) body += printEnum(nested, inner);
  for (const nested of desc.nestedMessages) body += printMessage(nested, inner);
  const printed = new Set<string>();
  for (const field of desc.fields) {
    if (field.oneof === undefined) {
      body += printField(field, inner);
    } else if (!printed.has(field.oneof.name)) {
      printed.add(field.oneof.name);
      body += `${inner}oneof ${field.oneof.name} {\n${field.oneof.fields.map((f) => printField(f, `${inner}  `)).join("")}${inner}}\n`;
    }
  }
  return `${indent}message ${desc.name} {\n${body}${indent}}\n`;
}

const extensions = file.extensions
  .map(
    (e) =>
      `extend .${e.extendee.typeName} {\n  optional .${e.message?.typeName} ${e.name} = ${e.number};\n}\n`,
  )
  .join("");
console.log(`// Definitions of buf/validate/validate.proto as carried by the npm package
// @bufbuild/protovalidate (Apache License 2.0, Copyright Buf Technologies, Inc.;
// origin: https://github.com/bufbuild/protovalidate). Printed by
// scripts/print-validate-proto.ts; names, numbers and types are unchanged.
syntax = "proto2";

package ${file.proto.package};

${file.dependencies.map((d) => `import "${d.proto.name}";`).join("\n")}

${extensions}
${file.enums.map((e) => printEnum(e, "")).join("\n")}
${file.messages.map((m) => printMessage(m, "")).join("\n")}`);
