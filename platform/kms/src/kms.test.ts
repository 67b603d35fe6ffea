import { afterAll, describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { manualClock } from "@ashlar/core"
import { openKeys } from "@ashlar/crypto"
import { localRootKey } from "@ashlar/crypto/root-keys"
import { describeKeyStore } from "@ashlar/crypto/testing/key-stores"
import { openAudit } from "@ashlar/security/audit"
import { describeAuditStore } from "@ashlar/security/testing/audit-stores"
import { openSqlite } from "@ashlar/sqlite"
import { sqliteAuditStore } from "./audit-store.ts"
import { kmsFeature } from "./feature.ts"
import { openInstallSecret } from "./install-secret.ts"
import { openKms } from "./kms.ts"
import { KmsAudit } from "./kms-audit.ts"
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
describeAuditStore("the system file", { open: () => [sqliteAuditStore(suite), sqliteAuditStore(suite)] })

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
  const actor = { kind: "user", id: "7", label: "seven@example.com" }
  const of = (id = project, as = actor) =>
    kms.of(id, { actor: as, note: async ({ action, target }) => void notes.push(`${action} ${target}`) })
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

describe("the audit of keys and secrets", () => {
  const context = { row: "7" }
  const plain = Buffer.from("hidden-plain").toString("base64")

  test("tells who did what, what was refused, and what the platform did by itself", async () => {
    const { kms, of, project, clock } = await stage()
    const mine = of()
    await mine.createKey({ name: "a" })
    await mine.rotateKey("a")
    await mine.setSecret("s", { value: "hidden-value", functions: ["pay"] })
    await mine.revealSecret("s")
    await kms.readAsFunction(project, { function: "pay", name: "s" })
    await codeOf(kms.readAsFunction(project, { function: "other", name: "s" }))
    await codeOf(mine.decrypt("a", { sealed: plain, context }))
    await codeOf(mine.getKey("none"))
    await codeOf(mine.rotateKey("no name\n"))
    await mine.scheduleDeletion("a", 7)
    clock.advance(8 * 86_400_000)
    await kms.destroyDue()
    const { items } = await mine.audit()
    expect(
      items.map(({ action, actor, target, outcome }) => [action, actor.id, target?.id, outcome].join(" ")),
    ).toEqual([
      "kms.destroy platform a success",
      "kms.schedule-deletion 7 a success",
      "kms.rotate 7 (no name) denied",
      "kms.decrypt 7 a denied",
      "secret.read other s denied",
      "secret.read pay s success",
      "secret.read 7 s success",
      "secret.set 7 s success",
      "kms.rotate 7 a success",
      "kms.create 7 a success",
    ])
    expect(items[3]?.details).toEqual({ by: "seven@example.com", refused: "CRYPTO_CIPHERTEXT_INVALID" })
    expect(JSON.stringify(items)).not.toMatch(/hidden/)
    expect((await of(crypto.randomUUID()).audit()).items).toEqual([])
    expect(await mine.verifyAudit()).toMatchObject({ ok: true, entries: 10, broken: null })
  })

  test("is filtered, and read a page at a time", async () => {
    const { of, project, clock } = await stage()
    const mine = of()
    const other = of(project, { kind: "key", id: "k", label: "server" })
    await mine.createKey({ name: "a" })
    await mine.createKey({ name: "b" })
    clock.advance(1_000)
    const at = new Date(clock.now()).toISOString()
    await other.encrypt("a", { plain, context })
    await codeOf(other.encrypt("b", { plain: "no base64", context }))
    await mine.setSecret("a", { value: "v" })
    const found = async (query: Parameters<typeof mine.audit>[0]) =>
      (await mine.audit(query)).items.map(({ action, target }) => `${action} ${target?.id}`)
    expect(await found({ key: "a" })).toEqual(["kms.encrypt a", "kms.create a"])
    expect(await found({ secret: "a" })).toEqual(["secret.set a"])
    expect(await found({ actor: "key:k" })).toEqual(["kms.encrypt b", "kms.encrypt a"])
    expect(await found({ outcome: "denied" })).toEqual(["kms.encrypt b"])
    expect(await found({ action: "kms.create", until: at })).toEqual(["kms.create b", "kms.create a"])
    expect(await found({ since: at, key: "b" })).toEqual(["kms.encrypt b"])
    const seen: number[] = []
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = await mine.audit({ limit: 2, ...(cursor !== "" && { cursor }) })
      seen.push(...page.items.map(({ sequence }) => sequence))
      cursor = page.next
    }
    expect(seen).toEqual([5, 4, 3, 2, 1])
    for (const wrong of [{ cursor: "x" }, { since: "yesterday" }, { until: "2026-13-01" }])
      expect(await codeOf(mine.audit(wrong))).toBe("CRYPTO_OPTION_INVALID")
  })

  test("counts uses: the first is written before its answer, those of a minute after it as one", async () => {
    const { of, clock, kms, project } = await stage()
    const mine = of()
    await mine.createKey({ name: "a" })
    const { sealed } = await mine.encrypt("a", { plain, context })
    await Promise.all(Array.from({ length: 50 }, () => mine.decrypt("a", { sealed, context })))
    await Promise.all(Array.from({ length: 5 }, () => codeOf(mine.decrypt("a", { sealed: plain, context }))))
    expect((await mine.audit()).items).toHaveLength(4)
    clock.advance(60_000)
    const after = (await mine.audit({ action: "kms.decrypt" })).items
    expect(after.map(({ outcome, details }) => [outcome, details.count ?? 1])).toEqual([
      ["denied", 4],
      ["success", 49],
      ["denied", 1],
      ["success", 1],
    ])
    await mine.decrypt("a", { sealed, context })
    await mine.decrypt("a", { sealed, context })
    await kms.close()
    const audit = openAudit(sqliteAuditStore(file))
    const { entries } = await audit.list({ stream: `project:${project}`, limit: 2 })
    expect(entries.map(({ details }) => details.count ?? 1)).toEqual([1, 1])
  })

  test("counts what the platform does for documents by the minute, and waits for nothing", async () => {
    const { of, kms, project, clock } = await stage()
    const use = { action: "decrypt", key: "ashlar.documents", collection: "patients" } as const
    for (let at = 0; at < 300; at++) kms.countFieldUse(project, use)
    kms.countFieldUse(project, { ...use, action: "encrypt" })
    kms.countFieldUse(project, { ...use, collection: "others" })
    kms.countFieldUse(project, { ...use, refused: "CRYPTO_CIPHERTEXT_INVALID" })
    kms.countFieldUse(crypto.randomUUID(), use)
    expect((await of().audit()).items).toEqual([])
    const from = new Date(clock.now()).toISOString()
    clock.advance(60_000)
    const { items } = await of().audit()
    expect(items.map(({ action, outcome, details }) => [action, outcome, details.collection, details.count])).toEqual([
      ["kms.decrypt", "denied", "patients", 1],
      ["kms.decrypt", "success", "others", 1],
      ["kms.encrypt", "success", "patients", 1],
      ["kms.decrypt", "success", "patients", 300],
    ])
    expect(items[3]).toMatchObject({
      actor: { type: "system", id: "platform" },
      target: { type: "key", id: "ashlar.documents" },
      details: { from, to: from },
    })
    expect((await of().audit({ actor: "system:platform" })).items).toHaveLength(4)
    expect(await of().verifyAudit()).toMatchObject({ ok: true, entries: 4 })
  })

  test("counts so many kinds in a minute, and of more all collections of a project together", async () => {
    const [clock, project] = [manualClock(), crypto.randomUUID()]
    const keys = await openKeys({ root: localRootKey(randomBytes(32), "file"), store: "memory:", clock })
    const audit = new KmsAudit({ file, keys, clock, maxCounted: 3 })
    const actor = { kind: "system", id: "platform", label: "platform" }
    const use = { action: "kms.decrypt", actor, target: { type: "key", name: "ashlar.documents" } } as const
    for (const collection of ["a", "b", "c", "d", "e", "a"]) audit.tally(project, { ...use, collection })
    clock.advance(60_000)
    const { items } = await audit.list(project)
    expect(items.map(({ details }) => [details.collection, details.count])).toEqual([
      [undefined, 2],
      ["c", 1],
      ["b", 1],
      ["a", 2],
    ])
    await audit.close()
    await keys.close()
  })

  test("shows what was changed in the table, or taken out of it", async () => {
    const { of, project } = await stage()
    const mine = of()
    await mine.createKey({ name: "a" })
    await codeOf(mine.decrypt("a", { sealed: plain, context }))
    await mine.rotateKey("a")
    const stream = `project:${project}`
    await file.write([
      { sql: "UPDATE kms_audit SET outcome = 'success' WHERE stream = ? AND sequence = 2", params: [stream] },
    ])
    expect(await mine.verifyAudit()).toMatchObject({ ok: false, broken: { sequence: 2, fault: "changed" } })
    await file.write([{ sql: "DELETE FROM kms_audit WHERE stream = ? AND sequence = 2", params: [stream] }])
    expect(await mine.verifyAudit()).toMatchObject({ ok: false, broken: { sequence: 2, fault: "missing" } })
  })

  test("signs each thousandth entry by a key under the root", async () => {
    const { kms, of, project } = await stage()
    const mine = of()
    await mine.createKey({ name: "a" })
    await Promise.all(
      Array.from({ length: 1_000 }, () => kms.readAsFunction(project, { function: "f", name: "s" }).catch(() => 0)),
    )
    await mine.setSecret("s", { value: "v", functions: ["f"] })
    await Promise.all(Array.from({ length: 999 }, () => kms.readAsFunction(project, { function: "f", name: "s" })))
    expect(await mine.verifyAudit()).toMatchObject({ ok: true, checkpoints: 1 })
    const params = [`project:${project}`]
    await file.write([
      {
        sql: "UPDATE kms_audit_checkpoints SET signature = replace(signature, substr(signature, 9, 4), 'AAAA') WHERE stream = ?",
        params,
      },
    ])
    expect(await mine.verifyAudit()).toMatchObject({ ok: false, broken: { sequence: 1_000, fault: "unsigned" } })
  })

  test("is kept for 400 days, and says that it was longer", async () => {
    const { kms, of, clock } = await stage()
    const mine = of()
    await mine.createKey({ name: "a" })
    await mine.rotateKey("a")
    clock.advance(401 * 86_400_000)
    await mine.rotateKey("a")
    await kms.destroyDue()
    expect((await mine.audit()).items.map(({ action }) => action)).toEqual(["audit.pruned", "kms.rotate"])
    expect(await mine.verifyAudit()).toMatchObject({ ok: true })
  })
})
