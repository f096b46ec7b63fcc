import {
  create,
  createFileRegistry,
  type DescService,
  type MessageInitShape,
  setExtension,
} from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  MethodOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { http } from "../../../gen/google/api/annotations_pb.js";
import { HttpRuleSchema } from "../../../gen/google/api/http_pb.js";
import { success_status } from "../../../gen/rowlock/rest/v1/rest_pb.js";

export type RuleInit = MessageInitShape<typeof HttpRuleSchema>;

/** A method with this name and this rule. */
export interface AdHocMethod {
  rule: RuleInit;
  clientStreaming?: boolean;
  /** The `rowlock.rest.v1.success_status`. */
  status?: number;
}

/**
 * A service `test.Svc` made on the spot. All methods take and give `test.Req { string name = 1; string other = 2;
 * Req child = 3; repeated string tags = 4; oneof choice { string one = 5; string two = 6; } Timestamp time = 7;
 * StringValue wrapped = 8; }`.
 */
export function adHocService(methods: Record<string, AdHocMethod | RuleInit>): DescService {
  const field = (name: string, number: number, more: object = {}) => ({
    name,
    number,
    label: FieldDescriptorProto_Label.OPTIONAL,
    type: FieldDescriptorProto_Type.STRING,
    ...more,
  });
  const file = create(FileDescriptorProtoSchema, {
    name: "test.proto",
    package: "test",
    syntax: "proto3",
    dependency: [file_google_protobuf_timestamp.proto.name, file_google_protobuf_wrappers.proto.name],
    messageType: [
      {
        name: "Req",
        field: [
          field("name", 1),
          field("other", 2),
          field("child", 3, { type: FieldDescriptorProto_Type.MESSAGE, typeName: ".test.Req" }),
          field("tags", 4, { label: FieldDescriptorProto_Label.REPEATED }),
          field("one", 5, { oneofIndex: 0 }),
          field("two", 6, { oneofIndex: 0 }),
          field("time", 7, {
            type: FieldDescriptorProto_Type.MESSAGE,
            typeName: ".google.protobuf.Timestamp",
          }),
          field("wrapped", 8, {
            type: FieldDescriptorProto_Type.MESSAGE,
            typeName: ".google.protobuf.StringValue",
          }),
        ],
        oneofDecl: [{ name: "choice" }],
      },
    ],
    service: [
      {
        name: "Svc",
        method: Object.entries(methods).map(([name, given]) => {
          const { rule, clientStreaming = false, status } = "rule" in given ? given : { rule: given };
          const options = create(MethodOptionsSchema);
          setExtension(options, http, create(HttpRuleSchema, rule));
          if (status !== undefined) setExtension(options, success_status, status);
          return { name, inputType: ".test.Req", outputType: ".test.Req", options, clientStreaming };
        }),
      },
    ],
  });
  const service = createFileRegistry(file, (name) =>
    wellKnown.find((known) => known.proto.name === name),
  ).getService("test.Svc");
  if (service === undefined) throw new TypeError("the service was not built");
  return service;
}

const wellKnown = [file_google_protobuf_timestamp, file_google_protobuf_wrappers];

/** A rule with a GET pattern. */
export function get(path: string, more: RuleInit = {}): RuleInit {
  return { pattern: { case: "get", value: path }, ...more };
}
