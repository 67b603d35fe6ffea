import { expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { openAudit } from "@ashlar/security/audit"
import { auditKeysTo } from "./audit.ts"
import { openKeys } from "./keys/open-keys.ts"
import { localRootKey } from "./root-keys/local.ts"
import { createSecrets } from "./secrets/live-secrets.ts"
import { memoryStore } from "./stores/memory.ts"

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: { code?: unknown }) => String(error.code),
  )

test("what is done with keys and secrets is in a log that can be verified, before it is given away", async () => {
  const log = openAudit("memory:")
  const store = memoryStore()
  const audit = auditKeysTo(log)
  const keys = await openKeys({ root: localRootKey(randomBytes(32), "file"), store, audit, auditUses: true })
  const secrets = createSecrets({ keys, store, audit })
  await keys.create({ name: "a" })
  await keys.rotate("a")
  const sealed = await keys.encrypt("a", "hidden", { row: "7" })
  await codeOf(keys.as("service:x").decrypt("a", sealed, { row: "7" }))
  await codeOf(keys.get("no name\n"))
  await codeOf(keys.rotate("no name\n"))
  await secrets.set("s", "hidden", { readers: ["service:y"] })
  await secrets.as("service:y").get("s")
  const { entries } = await log.list({ stream: "keys/app", order: "oldest" })
  const told = entries.filter(({ target }) => !target?.id.includes("ashlar."))
  expect(told.map(({ action, actor, target, outcome }) => `${action} ${actor.id} ${target?.id} ${outcome}`)).toEqual([
    "key.create app app/a success",
    "key.rotate app app/a success",
    "key.encrypt app app/a success",
    "key.decrypt service:x app/a denied",
    "key.rotate app app/(no name) denied",
    "secret.set app app/s success",
    "secret.read service:y app/s success",
  ])
  expect(told[3]?.details).toEqual({ version: 2, refused: "CRYPTO_KEY_USE_REFUSED" })
  expect(JSON.stringify(entries)).not.toContain("hidden")
  expect(await log.verify({ stream: "keys/app" })).toMatchObject({ ok: true, entries: entries.length })

  await log.close()
  expect(await codeOf(keys.decrypt("a", sealed, { row: "7" }))).toBe("CRYPTO_AUDIT_FAILED")
  expect(await codeOf(secrets.get("s"))).toBe("CRYPTO_AUDIT_FAILED")
  await keys.close()
})

test("a key that is rotated by itself is told too", async () => {
  const actions: string[] = []
  const audit = ({ action, version }: { action: string; version: number | null }): void =>
    void actions.push(`${action} ${version}`)
  const root = localRootKey(randomBytes(32), "file")
  const keys = await openKeys({ root, store: memoryStore(), audit, maxDataKeysPerVersion: 1, maxMessagesPerDataKey: 1 })
  await keys.create({ name: "a" })
  for (const row of ["1", "2"]) await keys.encrypt("a", "text", { row })
  expect(actions).toEqual(["key.create null", "key.auto-rotate 2"])
  await keys.close()
})
