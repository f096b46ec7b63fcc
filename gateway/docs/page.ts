import { escapeHtml } from "../../lib/html.ts";
import type { OpenApiDocument } from "../openapi/index.ts";

/** The reference page: our own head and index around the viewer, which `static/docs.js` starts. */
export function renderPage(document: OpenApiDocument, assets: string): string {
  const { title, version } = document.info;
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  const index = document.tags.map(({ name, description }) => {
    const count = operations.filter(({ tags }) => tags.includes(name)).length;
    const about = /^.*?[.](?=\s|$)/s.exec(description)?.[0] ?? "";
    return `<li><a href="#/${escapeHtml(name)}"><b>${escapeHtml(name)}</b> <i>${count}</i><span>${escapeHtml(about)}</span></a></li>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} API</title>
<link rel="icon" type="image/png" sizes="32x32" href="${assets}/favicon-32x32.png">
<link rel="stylesheet" href="${assets}/swagger-ui.css">
<link rel="stylesheet" href="${assets}/docs.css">
<script src="${assets}/swagger-ui-bundle.js" defer></script>
<script src="${assets}/docs.js" defer></script>
</head>
<body>
<header>
<h1>${escapeHtml(title)} API <small>${escapeHtml(version)}</small></h1>
<p>Every call of this shop, made from its contracts. Choose <b>Authorize</b> to enter a key or a cart's token, open a call and press <b>Execute</b>.</p>
<dl>
<dt>Address</dt><dd><code id="address">/</code></dd>
<dt>Try</dt><dd><code id="try">curl /v1/products</code></dd>
<dt>Document</dt><dd><a href="/openapi.json">openapi.json</a> (OpenAPI ${escapeHtml(document.openapi)})</dd>
</dl>
<nav aria-label="Services"><ul>
${index.join("\n")}
</ul></nav>
</header>
<main id="viewer"><noscript>The calls are shown by a script; <a href="/openapi.json">openapi.json</a> has the same without.</noscript></main>
</body>
</html>
`;
}
