import type { DescField, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import { getOption, ScalarType } from "@bufbuild/protobuf";
import { Access, access } from "../../gen/rowlock/auth/v1/access_pb.js";
import { describeRoutes, type RouteDescription } from "../transcoder/index.ts";
import { docsStyle } from "./docs-style.ts";

/**
 * The reference page of the REST API as HTML, made from the contracts alone:
 * every route with who may call it, its parameters, its body and its answer.
 */
export function renderDocs(services: readonly DescService[]): string {
  const routes = describeRoutes(services);
  const sections = services.map((service) => renderService(service, routes));
  const index = services.map((service) => `<a href="#${service.typeName}">${shortName(service)}</a>`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rowlock REST API</title>
<style>${docsStyle}</style>
<header><h1>Rowlock REST API</h1>
<p>JSON over HTTP; every route is an RPC of the contracts in <code>proto/</code>. Staff send
<code>Authorization: Bearer &lt;staff key&gt;</code>; buyers send the token of their cart as
<code>Rowlock-Token</code>. Calls that change something take an <code>Idempotency-Key</code>.
Amounts are in minor units of their currency.</p>
<nav>${index.join(" ")}</nav></header>
<main>${sections.join("\n")}</main>
</html>
`;
}

function renderService(service: DescService, routes: readonly RouteDescription[]): string {
  const own = routes.filter((route) => route.method.parent === service);
  return `<section id="${service.typeName}"><h2>${shortName(service)}</h2>${own.map(renderRoute).join("\n")}</section>`;
}

function renderRoute(route: RouteDescription): string {
  const { method, httpMethod, template } = route;
  const bound = new Set(route.variables.map((variable) => variable.field));
  const rest = method.input.fields.filter((field) => !bound.has(field.name) && field.name !== route.body);
  const bodyFields = route.body === "*" ? rest : (fieldOf(method.input, route.body)?.message?.fields ?? []);
  const query = route.body === "*" ? [] : rest;
  return `<details><summary><b class="${httpMethod.toLowerCase()}">${httpMethod}</b> <code>${escape(template)}</code>
<span>${method.name}</span> <i>${accessOf(method)}</i></summary>
${renderFields(
  "Path",
  method.input.fields.filter((field) => bound.has(field.name)),
)}
${renderFields("Query", query)}
${route.body === "" ? "" : renderFields("Body", bodyFields)}
<p>Answers <code>${escape(method.output.name)}</code>${route.streaming ? ", as a stream" : ""}:</p>
${renderFields("", method.output.fields)}</details>`;
}

function renderFields(title: string, fields: readonly DescField[]): string {
  if (fields.length === 0) return "";
  const rows = fields.map(
    (field) => `<tr><td><code>${field.jsonName}</code><td>${escape(typeOf(field))}</tr>`,
  );
  return `${title === "" ? "" : `<h4>${title}</h4>`}<table>${rows.join("")}</table>`;
}

function typeOf(field: DescField): string {
  switch (field.fieldKind) {
    case "scalar":
      return scalarName(field.scalar);
    case "enum":
      return field.enum.values.map((value) => value.name).join(" | ");
    case "message":
      return messageName(field.message);
    case "list":
      if (field.message !== undefined) return `${messageName(field.message)}[]`;
      return `${field.enum === undefined ? scalarName(field.scalar) : field.enum.name}[]`;
    case "map":
      return `map of ${field.message === undefined ? "values" : messageName(field.message)} by ${scalarName(field.mapKey)}`;
  }
}

function scalarName(scalar: ScalarType): string {
  return ScalarType[scalar].toLowerCase();
}

function messageName(message: DescMessage): string {
  const fields = message.fields.slice(0, 8).map((field) => field.jsonName);
  const known = message.typeName.startsWith("google.protobuf.");
  return known
    ? message.name
    : `${message.name} { ${fields.join(", ")}${message.fields.length > 8 ? ", …" : ""} }`;
}

function fieldOf(message: DescMessage, name: string): DescField | undefined {
  return message.fields.find((field) => field.name === name);
}

function accessOf(method: DescMethod): string {
  return Access[getOption(method, access)].toLowerCase();
}

function shortName(service: DescService): string {
  return service.name.replace(/Service$/, "");
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
