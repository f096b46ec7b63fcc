import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createFileRegistry,
  type DescField,
  type DescMethod,
  fromBinary,
  getOption,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { Access, access } from "../gen/rowlock/auth/v1/access_pb.js";
import type { Workplace } from "./contract-checks.ts";
import { type CommandResult, runCommand } from "./run-command.ts";

/**
 * Refuses contracts in which a call could have its effect twice. What the outside may call and changes something has
 * a `request_id`; what only services call is known by its first field: the id or key of what it is about, the ids, or
 * a list of things that have an `id` each.
 *
 * Exempt are webhooks, which are known by the provider's event id; Reconcile, which looks anew each time and whose
 * repairs end in one state; erasure, after which nothing is left to erase; the older shops' APIs, which had no keys and
 * say themselves what a repetition does; and rowlock.testing, which binds nobody.
 */
export async function checkKeys({ root, env }: Workplace): Promise<CommandResult> {
  const folder = await mkdtemp(join(tmpdir(), "rowlock-keys-"));
  try {
    const image = join(folder, "image.binpb");
    const built = await runCommand({ command: "buf", args: ["build", "-o", image], cwd: root, env });
    if (!built.ok) return built;
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, await readFile(image)));
    const services = [...registry].filter((type) => type.kind === "service");
    const lines = services.flatMap(({ methods }) => methods.flatMap(keyViolation));
    return { ok: lines.length === 0, output: lines.map((line) => `${line}\n`).join("") };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function keyViolation(method: DescMethod): string[] {
  const { parent, input, idempotency } = method;
  const name = `${parent.typeName}/${method.name}`;
  if (idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS || isExempt(method)) return [];
  if (getOption(method, access) === Access.SERVICE) {
    const first = input.fields[0];
    return first !== undefined && isKey(first)
      ? []
      : [`${name}: the first field of ${input.name} must be its key, and end with _id, _ids or _key`];
  }
  return input.fields.some((field) => field.name === "request_id")
    ? []
    : [`${name}: ${input.name} must have a request_id`];
}

function isKey({ name, message }: DescField): boolean {
  return /_(ids?|key)$/.test(name) || message?.fields.some((field) => field.name === "id") === true;
}

function isExempt({ name, parent }: DescMethod): boolean {
  return (
    /^Receive\w+Webhook$|^Erase/.test(name) ||
    name === "Reconcile" ||
    /^rowlock\.(?:testing|legacy)\./.test(parent.typeName) ||
    !parent.typeName.startsWith("rowlock.")
  );
}
