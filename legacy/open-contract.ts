import { clone, create, type DescMethod, type DescService, setExtension } from "@bufbuild/protobuf";
import { MethodOptionsSchema } from "@bufbuild/protobuf/wkt";
import { Access, access } from "../gen/rowlock/auth/v1/access_pb.js";

const opened = new WeakMap<DescService, DescService>();

/**
 * The contract with every method PUBLIC, so that whatever derives from it follows: the checks of every host, the
 * routes and the documents. The same contract gives the same object.
 */
export function openContract(desc: DescService): DescService {
  const known = opened.get(desc);
  if (known !== undefined) return known;
  const open = { ...desc } as { -readonly [K in keyof DescService]: DescService[K] };
  open.methods = desc.methods.map((method) => openMethod(method, open));
  open.method = Object.fromEntries(open.methods.map((method) => [method.localName, method]));
  opened.set(desc, open);
  return open;
}

function openMethod(method: DescMethod, parent: DescService): DescMethod {
  const options = clone(MethodOptionsSchema, method.proto.options ?? create(MethodOptionsSchema));
  setExtension(options, access, Access.PUBLIC);
  return { ...method, parent, proto: { ...method.proto, options } } as DescMethod;
}
