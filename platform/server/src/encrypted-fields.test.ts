import { afterAll, beforeAll, expect, test } from "bun:test"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { createLog } from "./log.ts"
import { startServer } from "./server.ts"
import { raiseStage, type Stage } from "./testing/cast.ts"

/** Encrypted fields over the API, by the project's own key. */
let stage: Stage
const P = "/v1/projects/walls"
const patients = `${P}/collections/patients`
const SECRET = "hypertension-0451"
beforeAll(async () => {
  stage = await raiseStage()
  const rules = { read: "secret", create: "secret", update: "secret" }
  const made = await stage.call("owner", "POST", `${P}/collections`, {
    name: "patients",
    encrypted: ["diagnosis"],
    rules,
  })
  expect([made.status, made.body.encrypted]).toEqual([201, ["diagnosis"]])
}, 60_000)
afterAll(() => stage.close())

/** Whether anything in the data folder, the audit trail or the log has the value in clear. */
async function isInClear(): Promise<boolean> {
  const folder = join(stage.data, "data")
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name))
  const stored = files.filter((path) => statSync(path).isFile()).some((path) => readFileSync(path).includes(SECRET))
  const { body } = await stage.call("owner", "GET", `${P}/audit?limit=100`)
  return stored || JSON.stringify([body, stage.log]).includes(SECRET)
}

test("are read by those who may, stored sealed, rewrapped after a rotation, and gone with their key", async () => {
  const made = await stage.call("secret", "POST", `${patients}/documents`, { name: "Ada", diagnosis: SECRET })
  expect([made.status, made.body.data]).toEqual([201, { name: "Ada", diagnosis: SECRET }])
  const at = `${patients}/documents/${made.body.id}`
  expect((await stage.call("viewer", "GET", at)).body.data.diagnosis).toBe(SECRET)
  expect((await stage.call("publishable", "GET", at)).status).toBe(403)
  const found = await stage.call("secret", "POST", `${patients}/query`, { where: { diagnosis: SECRET } })
  expect([found.status, found.body.code]).toEqual([422, "DOCUMENTS_ENCRYPTED_FIELD"])
  expect(JSON.stringify(found.body)).not.toContain(SECRET)
  expect(await isInClear()).toBe(false)

  const key = `${P}/kms/keys/ashlar.documents`
  expect((await stage.call("owner", "POST", `${key}/rotate`)).body.version).toBe(2)
  await stage.call("secret", "POST", `${patients}/documents`, { name: "Bob", diagnosis: SECRET })
  expect((await stage.call("owner", "POST", `${key}/rewrap`)).body).toEqual({ rewrapped: 1 })
  expect((await stage.call("owner", "PATCH", key, { minimumVersion: 2 })).status).toBe(200)
  const page = await stage.call("viewer", "GET", `${patients}/documents`)
  expect(page.body.items.map(({ data }: { data: object }) => data)).toEqual([
    { name: "Ada", diagnosis: SECRET },
    { name: "Bob", diagnosis: SECRET },
  ])
  expect(await isInClear()).toBe(false)

  await stage.call("owner", "POST", `${key}/disable`)
  expect((await stage.call("viewer", "GET", at)).body.code).toBe("CRYPTO_KEY_DISABLED")
  await stage.call("owner", "POST", `${key}/enable`)
  const { platform } = stage.server
  await platform.kms.keysOf(platform.control.projects.locate("walls")!.id).shred("ashlar.documents")
  expect((await stage.call("viewer", "GET", at)).body.data).toEqual({ name: "Ada", diagnosis: null })
  const late = await stage.call("secret", "POST", `${patients}/documents`, { name: "Eve", diagnosis: SECRET })
  expect([late.status, late.body.code]).toEqual([410, "CRYPTO_KEY_DESTROYED"])
})

test("leave counts in the audit of keys: how many were sealed and opened, where, and by no caller's leave", async () => {
  await stage.call("owner", "POST", "/v1/projects", { name: "Counted" })
  const counted = "/v1/projects/counted/collections/rows"
  const rules = { read: "secret", create: "secret", update: "secret" }
  const wish = { name: "rows", encrypted: ["a", "b"], rules }
  expect((await stage.call("owner", "POST", "/v1/projects/counted/collections", wish)).status).toBe(201)
  for (let at = 0; at < 5; at++) {
    const made = await stage.call("owner", "POST", `${counted}/documents`, { a: `${SECRET}-${at}`, b: SECRET })
    expect((await stage.call("owner", "GET", `${counted}/documents/${made.body.id}`)).status).toBe(200)
  }
  const projectId = stage.server.platform.control.projects.locate("counted")!.id
  // What was counted in the last minute is written when the platform stops.
  await stage.server.stop(0)
  const again = await startServer({ port: 0, data: join(stage.data, "data"), log: createLog(() => undefined) })
  const actor = { kind: "system", id: "test", label: "test" }
  const { items } = await again.platform.kms.of(projectId, { actor, note: async () => undefined }).audit()
  await again.stop(0)
  const sums = new Map<string, number>()
  for (const { action, actor: by, outcome, details } of items) {
    if (details.collection !== "rows") continue
    const kind = `${by.id} ${action} ${outcome}`
    sums.set(kind, (sums.get(kind) ?? 0) + Number(details.count))
  }
  expect(sums.get("platform kms.encrypt success")).toBe(10)
  expect(sums.get("platform kms.decrypt success")).toBeGreaterThanOrEqual(10)
  expect(sums.size).toBe(2)
  expect(items.length).toBeLessThan(8)
  expect(JSON.stringify(items)).not.toContain(SECRET)
}, 60_000)
