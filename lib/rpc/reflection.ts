import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { ReflectionService } from "@grpc/reflection";

/** The gRPC reflection service (v1 and v1alpha) over these contracts and all they import. */
export function createReflection(services: readonly DescService[]): ReflectionService {
  const files = new Map<string, DescFile>();
  const add = (file: DescFile) => {
    if (!files.has(file.name)) {
      files.set(file.name, file);
      file.dependencies.forEach(add);
    }
  };
  for (const service of services) {
    add(service.file);
  }
  const definition: ConstructorParameters<typeof ReflectionService>[0] = {};
  for (const [name, file] of files) {
    definition[name] = {
      format: "Protocol Buffer 3 DescriptorProto",
      type: {},
      fileDescriptorProtos: [Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto))],
    };
  }
  return new ReflectionService(definition, { services: services.map(({ typeName }) => typeName) });
}
