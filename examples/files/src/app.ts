import { fileURLToPath } from "node:url"
import { type App, createApp, errors, fail, layer } from "@ashlar/http"
import { compress } from "@ashlar/http/compression"
import { serveFile, serveFolder } from "@ashlar/http/files"
import { events } from "@ashlar/http/sse"
import { toFolder, uploads } from "@ashlar/http/uploads"
import type { Shelf } from "./shelf.ts"
import { study } from "./study.ts"

const PAGE_FOLDER = fileURLToPath(new URL("../page", import.meta.url))

/** The page needs nothing from elsewhere, so nothing from elsewhere may run in it. */
const pageOnly = layer({
  name: "pageOnly",
  headers: {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
  },
})

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
    files.get("/", () => shelf.list())
    files.post("/", { layers: [upload] }, async (ctx) => {
      const [{ name, originalName, type, sizeBytes }] = ctx.form.files.file
      const item = await shelf.add(name, { name: originalName, type, sizeBytes })
      return ctx.json(item, 201).withHeaders({ location: `/files/${item.id}` })
    })
    files.get("/:id", { errors: [errors.NotFound] }, (ctx) => {
      const item = shelf.find(ctx.params.id)
      if (item === undefined) return fail(errors.NotFound, "There is no such file")
      // A stranger's file is saved, never shown: shown, it would be a page of this site.
      return serveFile(ctx, shelf.pathOf(item.id), { download: item.name, contentType: item.type })
    })
    files.delete("/:id", { errors: [errors.NotFound] }, async (ctx) => {
      if (shelf.find(ctx.params.id) === undefined) return fail(errors.NotFound, "There is no such file")
      await shelf.remove(ctx.params.id)
      return null
    })
    files.get("/:id/study", { errors: [errors.NotFound] }, (ctx) => {
      if (shelf.find(ctx.params.id) === undefined) return fail(errors.NotFound, "There is no such file")
      return events(ctx, ({ signal }) => study(shelf.pathOf(ctx.params.id), signal))
    })
  })
  app.scope("/", [compress(), pageOnly], (page) => page.get("/*path", serveFolder(PAGE_FOLDER)))
  return app
}
