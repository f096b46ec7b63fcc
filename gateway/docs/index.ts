import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { OpenApiDocument } from "../openapi/index.ts";
import { renderPage } from "./page.ts";

const { resolve } = createRequire(import.meta.url);
const compress = promisify(gzip);

/** Answers a request for the documents and says so; false, and untouched, when it is for something else. */
export type Docs = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface DocsOptions {
  /** Makes the document; called on the first request for it, once. */
  document: () => OpenApiDocument;
  /** Called with what kept an answer from being made. */
  onError?: (error: unknown) => void;
}

/** What is served below `/docs/assets/`, and where it comes from. */
const assets: Record<string, { type: string; path: () => string }> = {
  "swagger-ui-bundle.js": {
    type: "text/javascript",
    path: () => resolve("swagger-ui-dist/swagger-ui-bundle.js"),
  },
  "swagger-ui.css": { type: "text/css", path: () => resolve("swagger-ui-dist/swagger-ui.css") },
  "favicon-32x32.png": { type: "image/png", path: () => resolve("swagger-ui-dist/favicon-32x32.png") },
  "docs.js": { type: "text/javascript", path: () => `${import.meta.dirname}/static/docs.js` },
  "docs.css": { type: "text/css", path: () => `${import.meta.dirname}/static/docs.css` },
  "templates.js": { type: "text/javascript", path: () => `${import.meta.dirname}/static/templates.js` },
  "templates.css": { type: "text/css", path: () => `${import.meta.dirname}/static/templates.css` },
};

const assetsPath = "/docs/assets";

/**
 * Everything comes from here; pictures in `data:` are the viewer's style sheet's. Calls may go to any server that
 * the document names.
 */
function contentSecurityPolicy(document: OpenApiDocument): string {
  const servers = document.servers.map(({ url }) => url).filter((url) => /^https?:\/\//.test(url));
  const origins = servers.map((url) => new URL(url).origin);
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    ["connect-src 'self'", ...new Set(origins)].join(" "),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** E-mails are shown in a frame that runs nothing; their styles stand in them, and their pictures are anywhere. */
const templatesPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: https: http:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** What is sent, made once and kept. */
interface Content {
  type: string;
  plain: Buffer;
  gzipped: Buffer;
  etag: string;
  headers: Record<string, string>;
}

/**
 * Serves the reference page at `/docs` (and `/`), the templates of messages at `/docs/templates`, what they are made
 * of, and the document at `/openapi.json`. The pages hold nothing that is not public. All of it may be kept and is asked for again by its ETag, so that page and document fit; it goes out as gzip to who
 * takes it.
 */
export function createDocs({ document, onError = () => {} }: DocsOptions): Docs {
  const contents = new Map<string, Promise<Content>>();
  let made: OpenApiDocument | undefined;
  const theDocument = () => (made ??= document());

  const makers: Record<string, () => Promise<Content>> = {
    "/docs": async () =>
      await content("text/html; charset=utf-8", Buffer.from(renderPage(theDocument(), assetsPath)), {
        "content-security-policy": contentSecurityPolicy(theDocument()),
        "referrer-policy": "no-referrer",
      }),
    "/docs/templates": async () =>
      await content(
        "text/html; charset=utf-8",
        await readFile(`${import.meta.dirname}/static/templates.html`),
        {
          "content-security-policy": templatesPolicy,
          "referrer-policy": "no-referrer",
        },
      ),
    "/openapi.json": async () =>
      await content("application/json", Buffer.from(JSON.stringify(theDocument())), {
        // Public, as the contracts are: tools in browsers elsewhere may read it.
        "access-control-allow-origin": "*",
      }),
  };
  for (const [name, { type, path }] of Object.entries(assets)) {
    makers[`${assetsPath}/${name}`] = async () => await content(type, await readFile(path()), {});
  }

  return (request, response) => {
    const [path = ""] = (request.url ?? "").split("?", 1);
    const make = Object.hasOwn(makers, path) ? makers[path] : undefined;
    if (path === "/" || path === "/docs/") {
      response.writeHead(302, { location: "/docs" }).end();
    } else if (make === undefined) {
      return false;
    } else if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD" }).end();
    } else {
      let made = contents.get(path);
      if (made === undefined) contents.set(path, (made = make()));
      made.then(
        (content) => answer(request, response, content),
        (error: unknown) => {
          contents.delete(path);
          onError(error);
          response.writeHead(500).end();
        },
      );
    }
    return true;
  };
}

async function content(type: string, plain: Buffer, headers: Record<string, string>): Promise<Content> {
  const digest = createHash("sha256").update(plain).digest("base64url").slice(0, 22);
  return { type, plain, gzipped: await compress(plain), etag: `"${digest}"`, headers };
}

function answer(request: IncomingMessage, response: ServerResponse, content: Content): void {
  const { type, plain, gzipped, etag, headers } = content;
  const isGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(
    String(request.headers["accept-encoding"] ?? ""),
  );
  const body = isGzip ? gzipped : plain;
  const common = {
    ...headers,
    etag,
    "cache-control": "public, no-cache",
    vary: "accept-encoding",
    "x-content-type-options": "nosniff",
  };
  const known = String(request.headers["if-none-match"] ?? "").split(",");
  if (known.some((tag) => tag.trim().replace(/^W\//, "") === etag)) {
    response.writeHead(304, common).end();
    return;
  }
  response.writeHead(200, {
    ...common,
    "content-type": type,
    "content-length": body.length,
    ...(isGzip && { "content-encoding": "gzip" }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
