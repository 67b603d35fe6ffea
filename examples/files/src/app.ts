import { fileURLToPath } from "node:url"
import { type App, createApp, errors, fail, layer } from "@ashlar/http"
import { compress } from "@ashlar/http/compression"
import { serveFile, serveFolder } from "@ashlar/http/files"
import { events } from "@ashlar/http/sse"
import { toFolder, uploads } from "@ashlar/http/uploads"
import { describeRoute, openapi } from "@ashlar/openapi"
import { v } from "@ashlar/validation"
import { Item, type Shelf } from "./shelf.ts"
import { Findings, Progress, study } from "./study.ts"

const PAGE_FOLDER = fileURLToPath(new URL("../page", import.meta.url))

/** The page needs nothing from elsewhere, so nothing from elsewhere may run in it. */
const pageOnly = layer({
  name: "pageOnly",
  headers: {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
  },
})

const tags = ["files"]
const anything = { content: { "application/octet-stream": {} } }
const download = describeRoute({ responses: { 200: anything, 206: anything, 304: {} } })
const added = describeRoute({ responses: { 201: { headers: { location: { type: "string" } } } } })
const studied = describeRoute({ events: { progress: Progress, findings: Findings } })

export interface FilesOptions {
  readonly shelf: Shelf
  /** The largest file that is taken. Default 1 GiB. */
  readonly maxFileBytes?: number
}

/** Upload, download in parts, and study. */
export function createFilesApp({ shelf, maxFileBytes = 2 ** 30 }: FilesOptions): App {
  const app = createApp()
  const upload = uploads({
    target: toFolder(shelf.filesFolder),
    files: { file: { maxFileBytes, required: true } },
  })

  app.scope("/files", (files) => {
    files.get("/", { summary: "What is on the shelf", tags, response: v.array(Item) }, () => [...shelf.list()])
    const definition = {
      summary: "Put a file on the shelf",
      tags,
      layers: [upload],
      response: { 201: Item },
      meta: added,
    } as const
    files.post("/", definition, async (ctx) => {
      const [{ name, originalName, type, sizeBytes }] = ctx.form.files.file
      const item = await shelf.add(name, { name: originalName, type, sizeBytes })
      return ctx.json(item, 201).withHeaders({ location: `/files/${item.id}` })
    })
    files.get("/:id", { summary: "A file, or parts of it", tags, errors: [errors.NotFound], meta: download }, (ctx) => {
      const item = shelf.find(ctx.params.id)
      if (item === undefined) return fail(errors.NotFound, "There is no such file")
      // A stranger's file is saved, never shown: shown, it would be a page of this site.
      return serveFile(ctx, shelf.pathOf(item.id), { download: item.name, contentType: item.type })
    })
    const remove = { summary: "Take a file away", tags, errors: [errors.NotFound], response: { 204: null } }
    files.delete("/:id", remove, async (ctx) => {
      if (shelf.find(ctx.params.id) === undefined) return fail(errors.NotFound, "There is no such file")
      await shelf.remove(ctx.params.id)
      return ctx.empty()
    })
    files.get("/:id/study", { summary: "What is in a file", tags, errors: [errors.NotFound], meta: studied }, (ctx) => {
      if (shelf.find(ctx.params.id) === undefined) return fail(errors.NotFound, "There is no such file")
      return events(ctx, ({ signal }) => study(shelf.pathOf(ctx.params.id), signal))
    })
  })
  const page = { summary: "The page", tags: ["page"], meta: describeRoute({ hidden: true }) }
  app.scope("/", [compress(), pageOnly], (all) => all.get("/*path", page, serveFolder(PAGE_FOLDER)))
  openapi(app, {
    title: "Files",
    version: "1.0.0",
    license: { name: "MIT", identifier: "MIT" },
    tags: { files: "The shelf" },
  })
  return app
}
