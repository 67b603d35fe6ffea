import { beforeAll, describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"

import { ensureBuilt } from "../test/build.ts"

/** Figures of the design's section 7, in kB of gzip -9. */
const MAX_FIRST_LOAD_KB = 220
const MAX_CSS_KB = 20
const MAX_EDITOR_KB = 120
const MAX_PRELOADED_FONTS_KB = 36
const MAX_PAGE_KB = 14

interface Chunk {
  readonly file: string
  readonly imports?: readonly string[]
  readonly css?: readonly string[]
}

const dist = join(import.meta.dir, "..", "dist")

let manifest: Readonly<Record<string, Chunk>> = {}
beforeAll(async () => {
  await ensureBuilt()
  manifest = JSON.parse(read("manifest.json").toString())
})

function read(file: string): Buffer {
  return readFileSync(join(dist, file))
}

function gzipKb(files: Iterable<string>): number {
  let bytes = 0
  for (const file of files) bytes += gzipSync(read(file), { level: 9 }).length
  return bytes / 1_000
}

/** The files of these modules and of all they import at once. */
function filesOf(keys: readonly string[], found: Set<string> = new Set()): Set<string> {
  for (const key of keys) {
    const chunk = manifest[key]
    expect(chunk, `${key} in the manifest`).toBeDefined()
    if (!chunk || found.has(chunk.file)) continue
    found.add(chunk.file)
    filesOf(chunk.imports ?? [], found)
  }
  return found
}

const screens = {
  "/setup": ["setup"],
  "/sign-in": ["sign-in"],
  "/projects": ["projects"],
  "/projects/:p": ["overview/overview"],
  "/collections": ["collections/collections", "collections/landing"],
  "/collections/:c": ["collections/collections", "documents/documents"],
  "/collections/:c/d/:id": ["collections/collections", "documents/documents", "document/document"],
  "/collections/:c/insert": ["collections/collections", "documents/documents", "documents/insert"],
  "/collections/:c/rules": ["collections/collections", "collections/rules"],
  "/collections/:c/indexes": ["collections/collections", "collections/indexes"],
  "/functions": ["functions/functions", "functions/deploy"],
  "/functions/:f": ["functions/functions", "functions/function"],
  "/settings/general": ["settings/settings", "settings/general"],
  "/settings/api-keys": ["settings/settings", "settings/api-keys"],
  "/settings/members": ["settings/settings", "settings/members"],
  "/settings/users": ["settings/settings", "settings/app-users"],
  "/settings/sign-in": ["settings/settings", "settings/app-sign-in"],
  "/settings/providers": ["settings/settings", "settings/providers"],
  "/settings/secrets": ["settings/settings", "settings/secrets"],
  "/settings/encryption-keys": ["settings/settings", "keys/keys"],
  "/settings/encryption-keys/:k": ["settings/settings", "keys/key"],
  "/orgs/:o/members": ["organization/organization", "organization/org-members"],
  "/orgs/:o/general": ["organization/organization", "organization/org-general"],
  "/orgs/:o/audit": ["organization/organization", "organization/org-audit"],
  "/audit": ["audit/audit"],
} as const

describe("the built console", () => {
  test.each(Object.entries(screens))("loads %s within the budget", (_route, names) => {
    const files = filesOf(["index.html", ...names.map((name) => `src/screens/${name}.tsx`)])
    expect(gzipKb([...files].filter((file) => file.endsWith(".js")))).toBeLessThanOrEqual(MAX_FIRST_LOAD_KB)
  })

  test("keeps its styles small", () => {
    const styles = new Set(Object.values(manifest).flatMap((chunk) => chunk.css ?? []))
    expect(styles.size).toBeGreaterThan(0)
    expect(gzipKb(styles)).toBeLessThanOrEqual(MAX_CSS_KB)
  })

  test("loads the editor only when it is asked for", () => {
    const shell = filesOf([
      "index.html",
      ...Object.values(screens).flatMap((names) => names.map((name) => `src/screens/${name}.tsx`)),
    ])
    const editor = manifest["src/ui/editor-view.ts"]?.file ?? ""
    expect(shell.has(editor)).toBe(false)
    expect(gzipKb([editor])).toBeLessThanOrEqual(MAX_EDITOR_KB)
  })

  test("preloads one font, and a page that draws the frame before any script", () => {
    const page = read("index.html").toString()
    const fonts = [...page.matchAll(/<link rel="preload" href="\/([^"]+\.woff2)"/g)].map((match) => match[1] ?? "")
    expect(fonts).toHaveLength(1)
    expect(gzipKb(fonts)).toBeLessThanOrEqual(MAX_PRELOADED_FONTS_KB)
    expect(page.length / 1_000).toBeLessThanOrEqual(MAX_PAGE_KB)
    expect(page).toContain("first-paint")
  })

  test("names the hash of its one inline script, and needs nothing from elsewhere", () => {
    const page = read("index.html").toString()
    const csp = JSON.parse(read("csp.json").toString()) as { scriptHashes: string[]; contentSecurityPolicy: string }
    const inline = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map((match) => match[1] ?? "")
    const hashes = inline.map((script) => `sha256-${createHash("sha256").update(script).digest("base64")}`)
    expect(hashes).toHaveLength(1)
    expect(csp.scriptHashes).toEqual(hashes)
    expect(csp.contentSecurityPolicy).not.toMatch(/unsafe|https?:/)
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//)
  })
})
