import { afterAll, beforeAll, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { openRootKey, RootKey } from "./root-key.ts"
import { codeOf, failureOf } from "./testing/install.ts"

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ashlar-key-"))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test("the first start makes a key of 32 bytes that only its owner may read, and nothing else", async () => {
  const path = join(folder, "first", "root.key")
  await mkdir(join(folder, "first"))
  await openRootKey(path)
  const stats = await stat(path)
  expect(stats.size).toBe(32)
  expect(stats.mode & 0o777).toBe(0o600)
  expect(await readdir(join(folder, "first"))).toEqual(["root.key"])
})

test("a later start reads the same key, and two installs have different ones", async () => {
  const path = join(folder, "same.key")
  const first = await openRootKey(path)
  expect((await openRootKey(path)).derive("x")).toEqual(first.derive("x"))
  const other = await openRootKey(join(folder, "other.key"))
  expect(other.derive("x")).not.toEqual(first.derive("x"))
})

test("ten starts at once agree on one key", async () => {
  const path = join(folder, "race.key")
  const keys = await Promise.all(Array.from({ length: 10 }, () => openRootKey(path)))
  expect(new Set(keys.map((key) => Buffer.from(key.derive("x")).toString("hex"))).size).toBe(1)
})

test.each([0o640, 0o604, 0o660, 0o666, 0o610])("a key file with mode %o is refused", async (mode) => {
  const path = join(folder, `mode-${mode}.key`)
  await writeFile(path, randomBytes(32), { mode: 0o600 })
  await chmod(path, mode)
  expect(await codeOf(() => openRootKey(path))).toBe("IDENTITY_ROOT_KEY_EXPOSED")
})

test.each([0, 1, 31, 33, 64])("a key file of %d bytes is refused and left as it is", async (size) => {
  const path = join(folder, `size-${size}.key`)
  await writeFile(path, new Uint8Array(size), { mode: 0o600 })
  expect(await codeOf(() => openRootKey(path))).toBe("IDENTITY_ROOT_KEY_DAMAGED")
  expect((await readFile(path)).byteLength).toBe(size)
})

test("a folder in the key file's place is refused", async () => {
  const path = join(folder, "folder.key")
  await mkdir(path)
  expect(await codeOf(() => openRootKey(path))).toBe("IDENTITY_ROOT_KEY_DAMAGED")
})

test("a named pipe in the key file's place is refused, not waited for", async () => {
  const path = join(folder, "pipe.key")
  expect((await Bun.$`mkfifo -m 600 ${path}`.nothrow().quiet()).exitCode).toBe(0)
  expect(await codeOf(() => openRootKey(path))).toBe("IDENTITY_ROOT_KEY_DAMAGED")
})

test("a missing key is not made anew when the data is there already", async () => {
  const path = join(folder, "lost.key")
  expect(await codeOf(() => openRootKey(path, { create: false }))).toBe("IDENTITY_ROOT_KEY_MISSING")
  expect(await Bun.file(path).exists()).toBe(false)
})

test("a folder that is not there is said to be the trouble", async () => {
  const failure = await failureOf(() => openRootKey(join(folder, "nowhere", "root.key")))
  expect(failure?.code).toBe("IDENTITY_ROOT_KEY_MISSING")
  expect(failure?.message).toContain("Is its folder there")
})

test("a root key shows itself in no print, no JSON and no copy", () => {
  const bytes = randomBytes(32)
  const key = new RootKey(bytes)
  const shown = [inspect(key, { depth: 9, showHidden: true }), Bun.inspect(key), JSON.stringify({ key }), `${key}`]
  const spellings = [bytes.toString("hex"), bytes.toString("base64"), [...bytes].join(","), [...bytes].join(", ")]
  for (const text of shown) for (const spelling of spellings) expect(text).not.toContain(spelling)
  expect(structuredClone(Object.entries(key))).toEqual([])
})
