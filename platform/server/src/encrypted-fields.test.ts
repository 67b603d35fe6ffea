import { afterAll, beforeAll, expect, test } from "bun:test"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
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
