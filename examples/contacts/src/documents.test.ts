import { expect, test } from "bun:test"
import { openApiProblems } from "@ashlar/openapi/testing/document-problems"
import { createContactsApp } from "./app.ts"

test("the document is taken by its judges, and describes routes and procedures alike", async () => {
  const response = await createContactsApp().fetch(new Request("http://localhost/openapi.json"))
  const document = (await response.json()) as { paths: Record<string, object> }
  expect(await openApiProblems(document)).toEqual([])
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(["/contacts", "/contacts/{id}", "/rpc/book.import", "/rpc/book.cities"]),
  )
}, 30_000)
