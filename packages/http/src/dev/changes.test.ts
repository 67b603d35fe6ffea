import { afterEach, beforeEach, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Changes } from "./changes.ts"
import { FolderWatch } from "./folder-watch.ts"
import { ownCodeOf } from "./own-code.ts"

let folder: string
let changes: Changes
let told: string[][]
let stale: string[]
const loaded = new Set<string>()
/** Longer than a change takes to be told, where none is expected. */
const SETTLED_MS = 200

/** Waits for so many changes; a machine that is busy tells them late. */
async function settled(count: number): Promise<void> {
  await Bun.sleep(SETTLED_MS)
  for (let tries = 0; told.length < count && tries < 100; tries++) await Bun.sleep(50)
}

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "ashlar-changes-")))
  told = []
  stale = []
  loaded.clear()
  for (const name of ["package.json", "app.ts", "src/users.ts", "data.json", "node_modules/x/index.ts", "dist/app.ts"])
    write(name, "0")
  for (const name of ["app.ts", "src/users.ts"]) loaded.add(join(folder, name))
  const own = ownCodeOf(join(folder, "app.ts"))
  changes = new Changes({
    own,
    modules: { load: async () => ({}), files: () => loaded },
    isGenerated: (file) => file.endsWith("generated.ts"),
    onChange: (files) => void told.push(files.map(own.shown).sort()),
    onStale: (file) => void stale.push(own.shown(file)),
  })
})
afterEach(() => {
  changes.close()
  rmSync(folder, { recursive: true, force: true })
})

function write(name: string, text: string): void {
  const path = join(folder, name)
  mkdirSync(join(path, ".."), { recursive: true })
  writeFileSync(path, text)
}

function writeAll(...names: readonly string[]): void {
  for (const name of names) write(name, "1")
}

const rows: [string, () => void, string[][]][] = [
  ["a loaded file that is changed", () => write("src/users.ts", "1"), [["src/users.ts"]]],
  ["several at once, as one", () => writeAll("app.ts", "src/users.ts"), [["app.ts", "src/users.ts"]]],
  [
    "one that an editor puts in its place",
    () => {
      write("src/.users.ts.swp", "1")
      renameSync(join(folder, "src/.users.ts.swp"), join(folder, "src/users.ts"))
    },
    [["src/users.ts"]],
  ],
  ["one that is deleted", () => rmSync(join(folder, "src/users.ts")), [["src/users.ts"]]],
  ["a source that is new", () => write("src/posts.ts", "1"), [["src/posts.ts"]]],
  ["a new source in a new folder", () => write("src/deep/er/posts.ts", "1"), [["src/deep/er/posts.ts"]]],
  ["what is generated", () => writeAll("src/generated.ts"), []],
  ["what is no source", () => write("data.json", "1"), []],
  ["a test, and types", () => writeAll("src/users.test.ts", "src/users.d.ts"), []],
  ["what is installed, built or hidden", () => writeAll("node_modules/x/index.ts", "dist/app.ts", ".git/a.ts"), []],
]
test.each(rows)("%s", async (_, change, expected) => {
  change()
  await settled(expected.length)
  expect(told).toEqual(expected)
})

test("a file that is written with the text that it has is no change, from the second time on", async () => {
  write("app.ts", "1")
  await settled(1)
  write("app.ts", "1")
  await Bun.sleep(SETTLED_MS)
  expect(told).toEqual([["app.ts"]])
})

test("a loaded file that is no source counts, and one in another folder", async () => {
  const other = realpathSync(mkdtempSync(join(tmpdir(), "ashlar-linked-")))
  writeFileSync(join(other, "linked.ts"), "0")
  loaded.add(join(folder, "data.json")).add(join(other, "linked.ts"))
  changes.follow()
  write("data.json", "1")
  writeFileSync(join(other, "linked.ts"), "1")
  await settled(1)
  expect(told).toEqual([[join(other, "linked.ts"), "data.json"].sort()])
  rmSync(other, { recursive: true })
})

test("files that are read at the start are told apart", async () => {
  write(".env", "A=1")
  write("package.json", "{}")
  write("src/package.json", "{}")
  for (let tries = 0; stale.length < 2 && tries < 100; tries++) await Bun.sleep(50)
  expect([told, stale.sort()]).toEqual([[], [".env", "package.json"]])
})

test("folders are watched up to a bound", () => {
  for (let number = 0; number < 20; number++) write(`many/${number}/a.ts`, "")
  const watch = new FolderWatch({ root: folder, onChange: () => undefined, maxFolders: 5 })
  expect(watch.isFull).toBe(true)
  watch.close()
})
