import { afterEach, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openDataFolder } from "./data-folder.ts"

const base = mkdtempSync(join(tmpdir(), "ashlar-folder-"))
let count = 0
const place = (): string => join(base, String(count++))
afterEach(() => rmSync(base, { recursive: true, force: true }))

describe("the data folder", () => {
  test("is made for its owner alone, and is opened again", () => {
    const path = place()
    const folder = openDataFolder(path)
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(folder.projectFile("abc")).toBe(join(path, "projects", "abc.db"))
    folder.release()
    openDataFolder(path).release()
  })

  test.each<[string, string, (path: string) => void]>([
    [
      "a newer layout",
      "SERVER_DATA_NEWER",
      (path) => {
        mkdirSync(path, { recursive: true })
        writeFileSync(join(path, "ashlar.json"), '{"layout":99}')
      },
    ],
    [
      "other people's files",
      "SERVER_DATA_FOREIGN",
      (path) => {
        mkdirSync(path, { recursive: true })
        writeFileSync(join(path, "thesis.txt"), "")
      },
    ],
    [
      "a damaged marker",
      "SERVER_DATA_FOREIGN",
      (path) => {
        mkdirSync(path, { recursive: true })
        writeFileSync(join(path, "ashlar.json"), "{")
      },
    ],
    [
      "a file in its place",
      "SERVER_DATA_NOT_WRITABLE",
      (path) => {
        mkdirSync(base, { recursive: true })
        writeFileSync(path, "")
      },
    ],
    [
      "another process in it",
      "SERVER_DATA_IN_USE",
      (path) => {
        openDataFolder(path).release()
        const start = readFileSync("/proc/1/stat", "utf8").split(") ")[1]!.split(" ")[19]
        writeFileSync(join(path, "lock"), `1 ${start}`)
      },
    ],
  ])("is refused with %s", (_what, code, prepare) => {
    const path = place()
    prepare(path)
    expect(() => openDataFolder(path)).toThrow(expect.objectContaining({ code }))
  })

  test.each([
    ["a process that died", "999999999 1"],
    ["a pid that was used again", "1 12345"],
    ["an empty lock", ""],
  ])("is taken over from %s", (_what, lock) => {
    const path = place()
    openDataFolder(path).release()
    writeFileSync(join(path, "lock"), lock)
    openDataFolder(path).release()
  })
})
