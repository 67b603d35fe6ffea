import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { NotFound, type Scope } from "@ashlar/http"
import { Glob } from "bun"
import type { Entries } from "../layers/entry.ts"

/**
 * Serves the console's built files. The list of files is read once at start, so a request's path is looked up and
 * never joined to a folder.
 */
export function addConsoleRoutes(app: Scope, folder: string | undefined, { open }: Entries): void {
  const files = new Map<string, string>()
  if (folder !== undefined && existsSync(join(folder, "index.html"))) {
    for (const file of new Glob("**/*").scanSync(folder))
      files.set(`/${file.replaceAll("\\", "/")}`, join(folder, file))
  }
  const page = files.get("/index.html")
  const policy = page === undefined ? "" : contentPolicy(readFileSync(page, "utf8"))

  app.get("/*path", { layers: [open], errors: [NotFound] }, (ctx) => {
    const asset = files.get(ctx.path === "/" ? "/index.html" : ctx.path)
    if (asset !== undefined && asset !== page) return new Response(Bun.file(asset), { headers: assetHeaders(ctx.path) })
    if (page === undefined || !isPage(ctx.path)) throw new NotFound(`Nothing is served at ${ctx.method} ${ctx.path}`)
    return new Response(Bun.file(page), {
      headers: { "content-security-policy": policy, "cache-control": "no-cache", "x-frame-options": "DENY" },
    })
  })
}

/** Paths of the API and of files are never answered with the page: a mistyped one should say so. */
function isPage(path: string): boolean {
  return !/^\/(v1|f|health|metrics|assets|\.well-known)(\/|$)/.test(path) && !/\.[a-z0-9]{2,5}$/i.test(path)
}

function assetHeaders(path: string): Record<string, string> {
  const hashed = path.startsWith("/assets/")
  return { "cache-control": hashed ? "public, max-age=31536000, immutable" : "public, max-age=3600" }
}

/** Allows the page's own inline scripts by their hashes and nothing else inline that could run. */
function contentPolicy(html: string): string {
  const hashes = [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, code]) => `'sha256-${new Bun.CryptoHasher("sha256").update(code!).digest("base64")}'`,
  )
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(" ")}`.trim(),
    "style-src 'self' 'unsafe-inline'", // Radix places popovers with style attributes
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ")
}
