import { afterAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { asyncApiProblems } from "@ashlar/openapi/testing/async-problems"
import { openApiProblems } from "@ashlar/openapi/testing/document-problems"
import { createFilesApp } from "./app.ts"
import { Shelf } from "./shelf.ts"

const folder = mkdtempSync(join(tmpdir(), "ashlar-files-documents-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const app = createFilesApp({ shelf: await Shelf.open(folder) })

test("the documents are taken by their judges, and describe what there is", async () => {
  const read = async (path: string): Promise<{ paths?: object; channels?: object }> =>
    (await (await app.fetch(new Request(`http://localhost${path}`))).json()) as never
  const [http, messages] = await Promise.all([read("/openapi.json"), read("/asyncapi.json")])
  expect(await openApiProblems(http)).toEqual([])
  expect(await asyncApiProblems(messages)).toEqual([])
  expect(Object.keys(http.paths!)).toEqual(["/files", "/files/{id}", "/files/{id}/study"])
  expect(Object.keys(messages.channels!)).toEqual(["getFilesByIdStudy"])
}, 30_000)
