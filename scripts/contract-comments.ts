import type {
  DescriptorProto,
  EnumDescriptorProto,
  FileDescriptorProto,
  SourceCodeInfo_Location,
} from "@bufbuild/protobuf/wkt";

/**
 * The leading comments of everything the files declare, by full name: `rowlock.cart.v1`, `….Cart`, `….Cart.id`,
 * `….CartService.GetCart`, `….Cart.State.STATE_OPEN` (an enum's values stand below the enum here). Lines are joined
 * as they are written; a package's comment is that above `package`, the first one given.
 */
export function commentsOf(files: readonly FileDescriptorProto[]): Record<string, string> {
  const comments: Record<string, string> = {};
  for (const file of files) {
    const written = new Map(
      (file.sourceCodeInfo?.location ?? []).map((each) => [each.path.join("."), textOf(each)]),
    );
    for (const [path, name] of pathsOf(file)) {
      const comment = written.get(path);
      if (comment !== undefined && comment !== "") comments[name] ??= comment;
    }
  }
  return Object.fromEntries(Object.entries(comments).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function textOf({ leadingComments }: SourceCodeInfo_Location): string {
  return leadingComments
    .split("\n")
    .map((line) => line.replace(/^ /, "").trimEnd())
    .join("\n")
    .trim();
}

/** Paths into a FileDescriptorProto, as SourceCodeInfo has them, with the full names of what is there. */
function* pathsOf(file: FileDescriptorProto): Generator<[path: string, name: string]> {
  yield ["2", file.package];
  for (const [i, message] of file.messageType.entries()) yield* inMessage(message, `4.${i}`, file.package);
  for (const [i, each] of file.enumType.entries()) yield* inEnum(each, `5.${i}`, file.package);
  for (const [i, service] of file.service.entries()) {
    const name = `${file.package}.${service.name}`;
    yield [`6.${i}`, name];
    for (const [j, method] of service.method.entries()) yield [`6.${i}.2.${j}`, `${name}.${method.name}`];
  }
  for (const [i, extension] of file.extension.entries()) {
    yield [`7.${i}`, `${file.package}.${extension.name}`];
  }
}

function* inMessage(message: DescriptorProto, path: string, parent: string): Generator<[string, string]> {
  const name = `${parent}.${message.name}`;
  yield [path, name];
  for (const [i, field] of message.field.entries()) yield [`${path}.2.${i}`, `${name}.${field.name}`];
  for (const [i, nested] of message.nestedType.entries()) yield* inMessage(nested, `${path}.3.${i}`, name);
  for (const [i, nested] of message.enumType.entries()) yield* inEnum(nested, `${path}.4.${i}`, name);
  for (const [i, oneof] of message.oneofDecl.entries()) yield [`${path}.8.${i}`, `${name}.${oneof.name}`];
}

function* inEnum(each: EnumDescriptorProto, path: string, parent: string): Generator<[string, string]> {
  const name = `${parent}.${each.name}`;
  yield [path, name];
  for (const [i, value] of each.value.entries()) yield [`${path}.2.${i}`, `${name}.${value.name}`];
}
