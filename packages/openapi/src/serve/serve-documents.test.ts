import { describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { brotliDecompressSync } from "node:zlib"
import { type App, createApp, errors, layer } from "@ashlar/http"
import { defineVersions } from "@ashlar/http/versioning"
import { v } from "@ashlar/validation"
import { parse } from "yaml"
import { docsPage, relativePath } from "./docs-page.ts"
import { openapi, type ServeOptions, servedOptions } from "./serve-documents.ts"

const info = { title: "Shop & <Co>", version: "1.0.0" }

function appWith(options: Partial<ServeOptions> = {}, declare: (app: App) => void = () => undefined): App {
  const app = createApp({ development: false }) as App
  app.get("/users/:id", { name: "users.show", response: v.object({ id: v.string() }) }, (ctx) => ({
    id: ctx.params.id,
  }))
  declare(app)
  openapi(app, { ...info, ...options })
  return app
}
const ask = (app: App, path: string, headers: Record<string, string> = {}): Promise<Response> =>
  app.fetch(new Request(`http://localhost${path}`, { headers }))

describe("the documents of an app", () => {
  const app = appWith()

  test("are served as JSON and as YAML, and are the same", async () => {
    const [json, yaml] = await Promise.all([ask(app, "/openapi.json"), ask(app, "/openapi.yaml")])
    expect([json.headers.get("content-type"), yaml.headers.get("content-type")]).toEqual([
      "application/json",
      "application/yaml",
    ])
    const document = (await json.json()) as { paths: object }
    expect(parse(await yaml.text())).toEqual(document)
    expect(Object.keys(document.paths)).toEqual(["/users/{id}"])
    expect(await (await ask(app, "/asyncapi.json")).json()).toMatchObject({ asyncapi: "3.0.0", channels: {} })
  })

  test("may be kept, and are not sent again to who has them", async () => {
    const first = await ask(app, "/openapi.json")
    const etag = first.headers.get("etag")!
    expect([first.headers.get("cache-control"), etag]).toEqual(["no-cache", expect.stringMatching(/^"[\w+/=-]{16,}"$/)])
    expect((await ask(app, "/openapi.json", { "if-none-match": etag })).status).toBe(304)
    expect((await ask(app, "/openapi.yaml", { "if-none-match": etag })).status).toBe(200)
  })

  test("are found by who asks the table for their options", () => {
    expect(servedOptions(app.table())).toMatchObject(info)
    expect(servedOptions(createApp().table())).toBeUndefined()
  })

  test("stand where they are wanted, behind what guards them", async () => {
    const guard = layer({
      name: "guard",
      errors: [errors.Forbidden],
      before: () => {
        throw new errors.Forbidden()
      },
    })
    const guarded = appWith({ layers: [guard], paths: { json: "/api/schema.json", yaml: false, asyncapi: false } })
    expect((await ask(guarded, "/api/schema.json")).status).toBe(403)
    expect((await ask(guarded, "/docs")).status).toBe(403)
    expect((await ask(guarded, "/openapi.yaml")).status).toBe(404)
    expect((await ask(guarded, "/asyncapi.json")).status).toBe(404)
  })

  test.each([{ json: "openapi.json" }, { docs: "/docs/:page" }, { json: false }] as const)(
    "are refused at %p",
    (paths) => {
      expect(() => appWith({ paths })).toThrow(expect.objectContaining({ code: "OPENAPI_OPTION_INVALID" }))
    },
  )

  test("are one for each version of the API", async () => {
    const api = defineVersions({ by: { header: "v" }, versions: { 1: {}, 2: {} }, default: "2" })
    const versioned = appWith({}, (own) => {
      for (const name of api.names) api.scope(own, name, (one) => one.get("/a", { summary: `In ${name}` }, () => name))
    })
    const summary = async (query: string): Promise<string> => {
      const { paths } = (await (await ask(versioned, `/openapi.json${query}`)).json()) as {
        paths: { "/a": { get: { summary: string } } }
      }
      return paths["/a"].get.summary
    }
    expect(await Promise.all(["", "?version=1", "?version=2"].map(summary))).toEqual(["In 1 / In 2", "In 1", "In 2"])
    for (const query of ["?version=3", "?version=1&version=2", "?version=__proto__"])
      expect(await (await ask(versioned, `/openapi.json${query}`)).json()).toMatchObject({
        code: "HTTP_NOT_FOUND",
        details: { versions: ["1", "2"] },
      })
    expect(await (await ask(versioned, "/docs")).text()).toContain("openapi.json?version=2")
  })
})

describe("the page", () => {
  const app = appWith({ servers: [{ url: "https://api.shop.dev/v1" }, { url: "/" }] })

  test("may run its own scripts and nothing else", async () => {
    const response = await ask(app, "/docs")
    const policy = response.headers.get("content-security-policy")!
    expect(policy).toStartWith("default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; ")
    expect(policy).toContain("connect-src 'self' https://api.shop.dev;")
    const html = await response.text()
    expect(html).toContain("<title>Shop &#38; &#60;Co&#62;</title>")
    expect([...html.matchAll(/<script(?! src="docs\/[\w.-]+\.js"><\/script>)/g)]).toEqual([])
    expect(html).not.toMatch(/https?:/)
  })

  test("holds nothing that a title could break out of", () => {
    const evil = `"'><script>alert(1)</script>&amp;`
    const { html } = docsPage({ title: evil, documents: [{ title: evil, url: evil }], assets: "docs/", origins: [] })
    expect(html).not.toContain("<script>")
    expect(html.match(/data-documents="([^"]*)"/)![1]).toContain("&#34;")
  })

  test("has the script that is said to be vendored, coded and not", async () => {
    const path = /docs\/scalar-[\d.]+\.js/.exec(await (await ask(app, "/docs")).text())![0]
    const recorded = /`([0-9a-f]{64})`/.exec(await Bun.file(`${import.meta.dir}/../../vendor/README.md`).text())![1]
    const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")
    for (const accept of ["gzip", "br;q=0, gzip", "identity"]) {
      const plain = await ask(app, `/${path}`, { "accept-encoding": accept })
      expect([plain.headers.get("content-encoding"), hash(await plain.bytes())]).toEqual([null, recorded!])
    }
    const coded = await ask(app, `/${path}`, { "accept-encoding": "gzip, br;q=0.9" })
    expect(Object.fromEntries(coded.headers)).toMatchObject({
      "content-encoding": "br",
      "cache-control": "public, max-age=31536000, immutable",
      vary: "accept-encoding",
      "x-content-type-options": "nosniff",
    })
    expect(hash(brotliDecompressSync(await coded.bytes()))).toBe(recorded!)
  })

  test("is found by a bundle beside which the package is installed, and missed by one that is alone", async () => {
    const entry = join(import.meta.dir, "page-assets.ts")
    const [built] = (await Bun.build({ entrypoints: [entry], target: "bun" })).outputs
    const read = async (folder: string): Promise<string> => {
      await Bun.write(join(folder, "bundle.js"), await built!.text())
      const program = `import { scalarScript } from "./bundle.js"
        try { console.log((await scalarScript.plain()).length) } catch (error) { console.log(error.code) }`
      await Bun.write(join(folder, "main.js"), program)
      const child = Bun.spawn([process.execPath, "--no-install", "main.js"], { cwd: folder, stdout: "pipe" })
      return (await new Response(child.stdout).text()).trim()
    }
    const alone = mkdtempSync(join(tmpdir(), "ashlar-bundle-"))
    const beside = mkdtempSync(join(tmpdir(), "ashlar-bundle-"))
    mkdirSync(join(beside, "node_modules", "@ashlar"), { recursive: true })
    symlinkSync(join(import.meta.dir, "..", ".."), join(beside, "node_modules", "@ashlar", "openapi"))
    expect([await read(alone), await read(beside)]).toEqual(["OPENAPI_PAGE_MISSING", "4858049"])
    for (const folder of [alone, beside]) rmSync(folder, { recursive: true })
  })

  test.each([
    ["/docs", "/openapi.json", "openapi.json"],
    ["/docs", "/docs/", "docs/"],
    ["/a/docs", "/openapi.json", "../openapi.json"],
    ["/a/docs", "/a/b/openapi.json", "b/openapi.json"],
    ["/a/b/docs", "/a/c.json", "../c.json"],
    ["/docs", "/", "./"],
  ])("finds its way from %s to %s", (from, to, way) => {
    expect(relativePath(from, to)).toBe(way)
    expect(new URL(way, `http://localhost/prefix${from}`).pathname).toBe(`/prefix${to}`)
  })
})
