import { expect, test } from "bun:test"
import { createApp } from "@ashlar/http"
import { listQuery } from "@ashlar/http/query"
import { hidden } from "@ashlar/http/serialization"
import { v } from "@ashlar/validation"
import { createOpenApi } from "../openapi.ts"
import { openApiProblems } from "../testing/document-problems.ts"

interface Told {
  readonly paths: Record<string, { get: { parameters: readonly { name: string; style?: string; schema: object }[] } }>
}

test("what a list may be asked is in the document, each field's filters as one object", async () => {
  const Books = listQuery({
    filter: { year: { type: v.coerce.integer(), operators: ["gte", "lt"] }, title: { operators: ["eq"] } },
    sort: ["year"],
    fields: ["id"],
    paginate: { by: "offset", maxLimit: 50 },
  })
  const Book = v.object({ id: v.string(), passkey: v.string() })
  const app = createApp()
  app.get("/books", { query: Books, response: hidden(v.array(Book), "passkey") }, (ctx) => Books.reply(ctx, []))
  const document = createOpenApi(app.table(), { title: "Books", version: "1" })
  const { parameters } = (document as unknown as Told).paths["/books"]!.get
  expect(parameters.map(({ name, style }) => [name, style])).toEqual([
    ["filter[year]", "deepObject"],
    ["filter[title]", "deepObject"],
    ["sort", undefined],
    ["fields", undefined],
    ["limit", undefined],
    ["offset", undefined],
  ])
  expect(parameters[0]!.schema).toEqual({
    type: "object",
    properties: { gte: { type: "integer" }, lt: { type: "integer" } },
    additionalProperties: false,
  })
  expect(JSON.stringify(document)).not.toContain("passkey")
  expect(await openApiProblems(document)).toEqual([])
})
