import { createApp, get, layer, routes } from "@ashlar/http"
import { listQuery } from "@ashlar/http/query"
import { hidden } from "@ashlar/http/serialization"
import { openapi } from "@ashlar/openapi"
import { fuzzRoutes, testApp } from "@ashlar/testing"
import { v } from "@ashlar/validation"

const Book = v.object({
  id: v.integer(),
  secret: v.string(),
  author: v.object({ name: v.string(), born: v.integer() }),
})
const Books = listQuery({ sort: ["id"], fields: ["id", "author.name"], paginate: { by: "offset" } })
/** Exported, so that the declarations that are emitted must have a name for its type. */
export const signedIn = layer({
  name: "signedIn",
  security: { session: { scheme: { type: "http", scheme: "bearer" }, scopes: ["books"] } },
})

export const books = routes({
  list: get("/books", { query: Books, response: Books.rows(hidden(Book, "secret")), layers: [signedIn] }, (ctx) =>
    Books.reply(ctx, [{ id: 1, secret: "x", author: { name: "Jane", born: 1775 } }]),
  ),
})

/** What a caller is answered with, what the document says of security, and how much the fuzzer found. */
export async function contract(): Promise<readonly unknown[]> {
  const app = createApp()
  app.add(books)
  openapi(app, { title: "Books", version: "1" })
  const api = testApp(app)
  const rows = await api.get("/books").query({ fields: "author.name" }).expectStatus([200, "3xx"])
  const document = (await api.get("/openapi.json")).json() as {
    paths: Record<string, { get: { security: unknown } }>
  }
  const { findings } = await fuzzRoutes(app, { seed: 1, runs: 20, returnsReport: true })
  await api.close()
  return [rows.json(), document.paths["/books"]!.get.security, findings.length]
}
