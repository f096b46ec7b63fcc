import { buffer } from "node:stream/consumers";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponse_Feature,
  CodeGeneratorResponseSchema,
} from "@bufbuild/protobuf/wkt";
import { commentsOf } from "./contract-comments.ts";

/**
 * A plugin for `buf generate`: writes the comments of the contracts to `comments.json`, which generated
 * descriptors leave out.
 */
const request = fromBinary(CodeGeneratorRequestSchema, await buffer(process.stdin));
const files = request.protoFile.filter((file) => request.fileToGenerate.includes(file.name));
const content = `${JSON.stringify(commentsOf(files), undefined, 2)}\n`;
process.stdout.write(
  toBinary(
    CodeGeneratorResponseSchema,
    create(CodeGeneratorResponseSchema, {
      supportedFeatures: BigInt(CodeGeneratorResponse_Feature.PROTO3_OPTIONAL),
      file: [{ name: "comments.json", content }],
    }),
  ),
);
