import { afterAll, describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { manualClock } from "@ashlar/core"
import { localRootKey } from "@ashlar/crypto/root-keys"
import { describeKeyStore } from "@ashlar/crypto/testing/key-stores"
import { openSqlite } from "@ashlar/sqlite"
import { kmsFeature } from "./feature.ts"
import { openInstallSecret } from "./install-secret.ts"
import { openKms } from "./kms.ts"
import { sqliteStore } from "./sqlite-store.ts"

const folder = mkdtempSync(join(tmpdir(), "ashlar-kms-"))
const engine = openSqlite()
const file = await engine.open(join(folder, "system.db"), { kind: "system", features: [kmsFeature] })
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})
const suite = await engine.open(join(folder, "suite.db"), { kind: "system", features: [kmsFeature] })
describeKeyStore("the system file", { open: async () => sqliteStore(suite) })

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: { code?: unknown }) => String(error.code),
  )
async function stage() {
  const clock = manualClock()
  const notes: string[] = []
  const kms = await openKms({ file, root: localRootKey(randomBytes(32), "file"), clock })
  const project = crypto.randomUUID()
  const of = (id = project) => kms.of(id, async ({ action, target }) => void notes.push(`${action} ${target}`))
  return { clock, kms, notes, project, of }
}

describe("the keys and secrets of projects", () => {
  test("are their own, and what is done with them is written", async () => {
    const { of, notes } = await stage()
    const [mine, other] = [of(), of(crypto.randomUUID())]
    await mine.createKey({ name: "a" })
    await other.createKey({ name: "a" })
    const context = { row: "7" }
    const { sealed } = await mine.encrypt("a", { plain: "aGVsbG8=", context })
    expect(await mine.decrypt("a", { sealed, context })).toEqual({ plain: "aGVsbG8=" })
    expect(await codeOf(other.decrypt("a", { sealed, context }))).toBe("CRYPTO_CIPHERTEXT_INVALID")
    await mine.setSecret("s", { value: "v", functions: ["pay"] })
    expect(await codeOf(other.revealSecret("s"))).toBe("CRYPTO_SECRET_NOT_FOUND")
    expect(await mine.revealSecret("s")).toEqual({ value: "v", version: 1 })
    expect(notes).toEqual(["kms.create a", "kms.create a", "secret.set s", "secret.read s"])
  })
  test("are read by functions that may", async () => {
    const { kms, of, project } = await stage()
    await of().setSecret("s", { value: "v", functions: ["pay"] })
    expect(await kms.readAsFunction(project, { function: "pay", name: "s" })).toBe("v")
    for (const wrong of [
      { function: "other", name: "s" },
      { function: "pay", name: "none" },
    ])
      expect(await codeOf(kms.readAsFunction(project, wrong))).toBe("CRYPTO_SECRET_NOT_FOUND")
    expect(await codeOf(kms.readAsFunction(crypto.randomUUID(), { function: "pay", name: "s" }))).toBe(
      "CRYPTO_SECRET_NOT_FOUND",
    )
  })
  test("are destroyed with their project, and when their time has come", async () => {
    const { kms, of, project, clock } = await stage()
    const mine = of()
    await mine.createKey({ name: "a" })
    await mine.setSecret("s", { value: "v" })
    await mine.scheduleDeletion("a", 7)
    clock.advance(7 * 86_400_000)
    expect([await kms.destroyDue(), await kms.destroyDue()]).toEqual([1, 0])
    expect((await mine.getKey("a")).state).toBe("destroyed")
    await kms.forget(project)
    expect(await mine.listKeys()).toEqual({ items: [], next: null })
    expect(await mine.listSecrets()).toEqual({ items: [], next: null })
    expect(await codeOf(mine.revealSecret("s"))).toBe("CRYPTO_SECRET_NOT_FOUND")
    await kms.forget(project)
  })
  test("are of a number, and the platform's own are left alone", async () => {
    const { of } = await stage()
    const mine = of()
    await mine.setSecret("s", { value: "v" })
    expect((await mine.listKeys()).items.map(({ name }) => name)).toEqual(["ashlar.secrets"])
    expect(await codeOf(mine.encrypt("ashlar.secrets", { plain: "", context: { a: "b" } }))).toBe(
      "CRYPTO_KEY_USE_REFUSED",
    )
    expect(await codeOf(mine.createKey({ name: "ashlar.x" }))).toBe("CRYPTO_OPTION_INVALID")
    await mine.rotateKey("ashlar.secrets")
    expect(await mine.rewrap("ashlar.secrets")).toEqual({ rewrapped: 1 })
    await mine.setMinimumVersion("ashlar.secrets", 2)
    expect((await mine.revealSecret("s")).value).toBe("v")
    for (let at = 0; at < 199; at++) await mine.createKey({ name: `k${at}` })
    expect(await codeOf(mine.createKey({ name: "more" }))).toBe("CRYPTO_LIMIT_REACHED")
  })
})

describe("the secret of an install", () => {
  const root = localRootKey(randomBytes(32), "file")
  const path = join(folder, "install.sealed")
  test("is made once, and opens with its root only", async () => {
    expect(await codeOf(openInstallSecret(path, root, { create: false }))).toBe("CRYPTO_ROOT_KEY_MISSING")
    const all = await Promise.all([1, 2, 3].map(() => openInstallSecret(path, root, { create: true })))
    expect(new Set(all.map((one) => Buffer.from(one).toString("hex"))).size).toBe(1)
    expect(await openInstallSecret(path, root, { create: false })).toEqual(all[0]!)
    expect(readFileSync(path).includes(Buffer.from(all[0]!))).toBe(false)
    const stranger = localRootKey(randomBytes(32), "file")
    expect(await codeOf(openInstallSecret(path, stranger, { create: false }))).toBe("CRYPTO_UNWRAP_FAILED")
    const wrong = join(folder, "short.sealed")
    writeFileSync(wrong, await root.wrap(randomBytes(16), { purpose: "ashlar install secret" }))
    expect(await codeOf(openInstallSecret(wrong, root, { create: false }))).toBe("CRYPTO_ROOT_KEY_INVALID")
  })
})
