import { afterAll, describe, expect, test } from "bun:test"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { openStorage } from "../open-storage.ts"
import { memoryFolder } from "../testing/memory-folder.ts"
import { refused } from "../testing/storage-suite.ts"
import { keysOf } from "../testing/write-cases.ts"
import { FileLock } from "./file-lock.ts"

const folder = mkdtempSync(join(memoryFolder(), "ashlar-storage-file-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let count = 0
const newRoot = (): string => join(folder, String(++count))
const program = join(import.meta.dir, "..", "testing")

describe("a folder", () => {
  test("holds objects as files, and files that somebody put there as objects", async () => {
    const root = newRoot()
    const storage = openStorage(`file:${root}`)
    await storage.put("a/b.txt", "of ours", { metadata: { a: "1" } })
    expect(readFileSync(join(root, "a", "b.txt"), "utf8")).toBe("of ours")
    writeFileSync(join(root, "a", "theirs.png"), "of theirs")
    expect(await storage.head("a/theirs.png")).toMatchObject({
      contentType: "image/png",
      metadata: {},
      visibility: "private",
      sizeBytes: 9,
    })
    expect(await storage.text("a/theirs.png")).toBe("of theirs")
    await refused(storage.get("a/theirs.png", { verify: true }), { code: "STORAGE_CHECKSUM_UNKNOWN" })
    expect(await keysOf(storage)).toEqual(["a/b.txt", "a/theirs.png"])
    // What is changed behind our back is another state, and what was said of the former one is not said of it.
    writeFileSync(join(root, "a", "b.txt"), "changed")
    expect(await storage.head("a/b.txt")).toMatchObject({ metadata: {} })
    await storage.update("a/theirs.png", { metadata: { b: "2" } })
    expect(await storage.head("a/theirs.png")).toMatchObject({ metadata: { b: "2" } })
  })
  test("sees that bytes changed where they were kept", async () => {
    const root = newRoot()
    const storage = openStorage(`file:${root}`)
    const { modified } = await storage.put("x", "right")
    const path = join(root, "x")
    const { mtimeNs } = await import("node:fs").then((fs) => fs.statSync(path, { bigint: true }))
    writeFileSync(path, "wrong")
    Bun.spawnSync([
      "touch",
      "-d",
      `@${mtimeNs / 1_000_000_000n}.${String(mtimeNs % 1_000_000_000n).padStart(9, "0")}`,
      path,
    ])
    expect((await storage.head("x"))!.modified).toEqual(modified)
    expect(await storage.text("x")).toBe("wrong")
    await refused(storage.get("x", { verify: true }), { code: "STORAGE_CHECKSUM_MISMATCH" })
    await refused(storage.copy("x", "y"), { code: "STORAGE_CHECKSUM_MISMATCH" })
    expect(await keysOf(storage)).toEqual(["x"])
  })
  test("is never left through a link", async () => {
    const root = newRoot()
    const outside = newRoot()
    mkdirSync(outside)
    writeFileSync(join(outside, "secret"), "secret")
    const storage = openStorage(`file:${root}`)
    await storage.put("a/x", "1")
    symlinkSync(outside, join(root, "link"))
    symlinkSync(join(outside, "secret"), join(root, "a", "file"))
    symlinkSync("/dev/zero", join(root, "a", "zero"))
    for (const key of ["link/secret", "a/file", "a/zero"]) {
      await refused(storage.get(key), { code: "STORAGE_KEY_INVALID" })
      await refused(storage.head(key), { code: "STORAGE_KEY_INVALID" })
      await refused(storage.copy(key, "stolen"), { code: "STORAGE_KEY_INVALID" })
      await refused(storage.delete(key), { code: "STORAGE_KEY_INVALID" })
    }
    await refused(storage.put("link/new", "1"), { code: "STORAGE_KEY_INVALID" })
    await refused(storage.put("link/deep/new", "1"), { code: "STORAGE_KEY_INVALID" })
    expect(readdirSync(outside)).toEqual(["secret"])
    expect(await keysOf(storage)).toEqual(["a/x"])
  })
  test("does not wait for the other end of a pipe", async () => {
    const root = newRoot()
    const storage = openStorage(`file:${root}`)
    await storage.put("x", "1")
    Bun.spawnSync(["mkfifo", join(root, "pipe")])
    expect([await storage.head("pipe"), await keysOf(storage)]).toEqual([undefined, ["x"]])
  })
  test("keeps nothing of what is deleted, also no empty folder", async () => {
    const root = newRoot()
    const storage = openStorage(`file:${root}`)
    await storage.put("a/b/c", "1")
    await storage.put("a/b/c", "2")
    await storage.put("a/d", "1")
    const facts = (): number =>
      readdirSync(join(root, ".ashlar", "facts"), { recursive: true, withFileTypes: true }).filter((one) =>
        one.isFile(),
      ).length
    expect(facts()).toBe(2)
    await storage.delete("a/b/c")
    expect([existsSync(join(root, "a", "b")), existsSync(join(root, "a", "d")), facts()]).toEqual([false, true, 1])
    await storage.delete("a/d")
    expect([readdirSync(root), facts(), readdirSync(join(root, ".ashlar", "new"))]).toEqual([[".ashlar"], 0, []])
  })
  test("gives a key its folders again when a delete takes them away meanwhile", async () => {
    const storage = openStorage(`file:${newRoot()}`)
    await Promise.all(
      Array.from({ length: 60 }, async (_, at) => {
        await storage.put(`a/b/${at % 3}`, "x")
        await storage.delete(`a/b/${at % 3}`)
      }),
    )
    expect(await keysOf(storage)).toEqual([])
  })
  test("is swept of what was left half-written", async () => {
    const root = newRoot()
    await openStorage(`file:${root}`).ready()
    for (const name of ["old", "young"]) writeFileSync(join(root, ".ashlar", "new", name), "half")
    utimesSync(join(root, ".ashlar", "new", "old"), 1, 1)
    await openStorage(`file:${root}`).ready()
    expect(readdirSync(join(root, ".ashlar", "new"))).toEqual(["young"])
  })
  test("that cannot be used says so, without its path", async () => {
    const root = newRoot()
    writeFileSync(root, "a file")
    const failure = (await openStorage(`file:${root}/x`)
      .ready()
      .catch((error: unknown) => error)) as Error & { code: string }
    expect(failure.code).toBe("STORAGE_FAILED")
    expect(failure.message).not.toContain(folder)
    await refused(openStorage("file:").ready(), { code: "CORE_DRIVER_URL_INVALID" })
  })
})

describe("a folder that is full", () => {
  const mount = newRoot()
  mkdirSync(mount)
  const mounted =
    process.getuid?.() === 0 && Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mount]).exitCode === 0
  afterAll(() => {
    if (mounted) Bun.spawnSync(["umount", mount])
  })
  if (!mounted) console.warn("skipped: a full disk, for no small file system can be mounted here")
  test.skipIf(!mounted)("says so, and keeps what it had", async () => {
    const storage = openStorage(`file:${mount}`)
    await storage.put("x", "former", { metadata: { a: "1" } })
    for (let round = 0; round < 3; round++)
      await refused(storage.put("x", new Uint8Array(2_000_000)), { code: "STORAGE_FULL", status: 507 })
    expect([await storage.text("x"), await keysOf(storage)]).toEqual(["former", ["x"]])
    await storage.put("y", new Uint8Array(500_000)) // the room is there again
  })
})

describe("a process that is killed while it writes", () => {
  test("leaves the former object or the new one, whole, with what is said of it", async () => {
    const root = newRoot()
    const seen = new Set<string>()
    // Later ones live longer: on a slow machine the first may die before they have written anything.
    for (let round = 0; round < 12 || (seen.size < 2 && round < 40); round++) {
      const child = Bun.spawn([process.execPath, join(program, "write-process.ts"), `file:${root}`], {
        stdin: "ignore",
        stdout: "pipe",
        stderr: "inherit",
      })
      const reader = child.stdout.getReader()
      await reader.read() // it began
      await Bun.sleep(Math.random() * 60 * (1 + round / 4))
      child.kill("SIGKILL")
      await child.exited
      const storage = openStorage(`file:${root}`)
      const found = await storage.head("x")
      if (found === undefined) continue
      const bytes = await storage.get("x", { verify: true })
      const { fill, size } = found.metadata as { fill: string; size: string }
      seen.add(fill)
      expect([bytes.length, found.sizeBytes]).toEqual([Number(size), Number(size)])
      expect(bytes.every((byte) => byte === Number(fill))).toBe(true)
      await storage.put("other", `round ${round}`) // no lock is left that anybody waits for
      expect(await keysOf(storage)).toEqual(["other", "x"])
    }
    expect(seen.size).toBeGreaterThan(1)
  }, 60_000)
  test("loses no change of other processes that name the state they change", async () => {
    const root = newRoot()
    const storage = openStorage(`file:${root}`)
    await storage.put("counter", "0")
    const children = [1, 2, 3].map(() =>
      Bun.spawn([process.execPath, join(program, "count-process.ts"), `file:${root}`, "20"], {
        stdin: "ignore",
        stdout: "pipe",
        stderr: "inherit",
      }),
    )
    const killed = Bun.spawn([process.execPath, join(program, "write-process.ts"), `file:${root}`], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    })
    await killed.stdout.getReader().read()
    killed.kill("SIGKILL")
    expect(await Promise.all(children.map((child) => child.exited))).toEqual([0, 0, 0])
    expect(await storage.text("counter")).toBe("60")
  }, 60_000)
})

describe("the lock of a folder", () => {
  test("is held by one at a time, and taken from who is gone", async () => {
    const root = newRoot()
    mkdirSync(root)
    const locks = [new FileLock(root), new FileLock(root), new FileLock(root)]
    let inside = 0
    await Promise.all(
      Array.from({ length: 60 }, (_, at) =>
        locks[at % 3]!.with(async () => {
          expect(++inside).toBe(1)
          await Bun.sleep(Math.random() * 2)
          inside--
        }),
      ),
    )
    const [highest] = readdirSync(root)
      .map(Number)
      .sort((a, b) => b - a)
    const { hostname } = await import("node:os")
    const gone = Bun.spawnSync(["true"])
    writeFileSync(join(root, String(highest! + 1)), `${hostname()}\n${gone.pid}`) // whose process has ended
    expect(await locks[0]!.with(async () => "taken")).toBe("taken")
    writeFileSync(join(root, String(highest! + 10)), "elsewhere\n1")
    utimesSync(join(root, String(highest! + 10)), 1, 1) // long ago
    expect(await locks[1]!.with(async () => "taken")).toBe("taken")
    await expect(locks[2]!.with(() => Promise.reject(new RangeError("no")))).rejects.toThrow("no")
    expect(await locks[0]!.with(async () => "taken")).toBe("taken")
    expect(readdirSync(root).length).toBe(1)
  }, 30_000)
})
