import { afterAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fuzzRoutes } from "@ashlar/testing"
import { createFilesApp } from "./app.ts"
import { Shelf } from "./shelf.ts"

const folder = mkdtempSync(join(tmpdir(), "ashlar-files-fuzz-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test("whatever is sent, the shelf keeps its promises", async () => {
  const app = createFilesApp({ shelf: await Shelf.open(folder), maxFileBytes: 4_000_000 })
  const { neverSucceeded } = await fuzzRoutes(app, { seed: 1, runs: 150 })
  expect(neverSucceeded).toEqual([])
})
