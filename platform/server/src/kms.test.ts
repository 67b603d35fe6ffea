import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createHttpKms, type ProjectKms } from "@ashlar/kms"
import { kmsOf } from "./routes/kms-of.ts"
import { startServer } from "./server.ts"
import { raiseStage, type Stage } from "./testing/cast.ts"

/** One suite over both bindings of the port: what one says, the other says. */
let stage: Stage
beforeAll(async () => {
  stage = await raiseStage()
}, 60_000)
afterAll(() => stage.close())

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: { code?: unknown }) => String(error.code),
  )
const context = { table: "users", row: "7" }
const plain = Buffer.from("hello").toString("base64")

const BINDINGS: readonly (readonly [string, () => ProjectKms])[] = [
  [
    "in this process",
    () => {
      const { platform } = stage.server
      const project = platform.control.projects.locate("walls")!
      const actor = { kind: "system", id: "test", label: "test" } as const
      const access = { project, as: "member", role: "owner", scopes: null, actor } as const
      return kmsOf(platform, { ...access, project: { ...project, createdAt: "" } })
    },
  ],
  [
    "over the API",
    () => createHttpKms({ url: stage.server.url, credential: stage.credentials.owner!, project: "walls" }),
  ],
]

describe.each(BINDINGS)("the kms %s", (_, bind) => {
  const own = crypto.randomUUID().slice(0, 8)
  const [aes, ec, secret] = [`aes-${own}`, `ec-${own}`, `secret-${own}`]

  test("cares for keys", async () => {
    const kms = bind()
    const made = await kms.createKey({ name: aes, rotateEveryDays: 90 })
    expect(made).toMatchObject({ algorithm: "AES-256-GCM", state: "enabled", version: 1, rotateEveryDays: 90 })
    expect(await kms.getKey(aes)).toEqual(made)
    expect((await kms.rotateKey(aes)).versions.map(({ version }) => version)).toEqual([1, 2])
    expect((await kms.setMinimumVersion(aes, 2)).minimumVersion).toBe(2)
    expect((await kms.disableKey(aes)).state).toBe("disabled")
    expect((await kms.enableKey(aes)).state).toBe("enabled")
    expect((await kms.scheduleDeletion(aes, 7)).state).toBe("pending-deletion")
    expect(await codeOf(kms.encrypt(aes, { plain, context }))).toBe("CRYPTO_KEY_DISABLED")
    expect((await kms.cancelDeletion(aes)).deletesAt).toBe(null)
    await kms.enableKey(aes)
    expect(await kms.rewrap(aes)).toEqual({ rewrapped: 0 })
    const first = await kms.listKeys({ limit: 1 })
    expect([first.items.length, (await kms.listKeys({ limit: 1, cursor: first.next ?? "" })).items.length]).toEqual([
      1, 1,
    ])
    expect(JSON.stringify(await kms.listKeys())).not.toContain("material")
  })
  test("uses keys", async () => {
    const kms = bind()
    const { sealed } = await kms.encrypt(aes, { plain, context })
    expect(await kms.decrypt(aes, { sealed, context })).toEqual({ plain })
    const key = await kms.generateDataKey(aes, { context })
    expect(await kms.openDataKey(aes, { wrapped: key.wrapped, context })).toEqual({ plain: key.plain })
    await kms.createKey({ name: ec, algorithm: "ES256" })
    const { signature, version } = await kms.sign(ec, { data: plain })
    expect(await kms.verify(ec, { data: plain, signature, version })).toEqual({ valid: true })
    expect(await kms.verify(ec, { data: "", signature, version })).toEqual({ valid: false })
    expect((await kms.publicKeys(ec)).keys[0]).toMatchObject({ kty: "EC", alg: "ES256" })
  })
  test("keeps secrets", async () => {
    const kms = bind()
    expect(await kms.setSecret(secret, { value: "one", functions: ["pay"] })).toMatchObject({ version: 1 })
    expect(await kms.setSecret(secret, { value: "two" })).toMatchObject({ version: 2, functions: ["pay"] })
    expect([await kms.revealSecret(secret), await kms.revealSecret(secret, { version: 1 })]).toEqual([
      { value: "two", version: 2 },
      { value: "one", version: 1 },
    ])
    expect((await kms.secretHistory(secret)).items.map(({ version }) => version)).toEqual([2, 1])
    expect((await kms.listSecrets()).items.map(({ name }) => name)).toContain(secret)
    await kms.removeSecret(secret)
    expect(await codeOf(kms.revealSecret(secret))).toBe("CRYPTO_SECRET_NOT_FOUND")
  })
  test("tells what was done, and that it is as it was written", async () => {
    const kms = bind()
    const page = await kms.audit({ key: ec, limit: 1 })
    expect(page.items[0]).toMatchObject({ target: { type: "key", id: ec }, outcome: "success" })
    expect((await kms.audit({ key: ec, limit: 1, cursor: page.next! })).items[0]?.sequence).toBeLessThan(
      page.items[0]!.sequence,
    )
    expect((await kms.audit({ secret, outcome: "denied" })).items[0]?.details.refused).toBe("CRYPTO_SECRET_NOT_FOUND")
    expect(await codeOf(kms.audit({ since: "yesterday" }))).toBe("CRYPTO_OPTION_INVALID")
    expect(await kms.verifyAudit()).toMatchObject({ ok: true, broken: null })
  })
  test("destroys a key at once, and tells once who did it", async () => {
    const kms = bind()
    const name = `gone-${own}`
    await kms.createKey({ name })
    const { sealed } = await kms.encrypt(name, { plain, context })
    expect(await kms.shredKey(name)).toMatchObject({ state: "destroyed", versions: [{ destroyed: true }] })
    expect(await codeOf(kms.decrypt(name, { sealed, context }))).toBe("CRYPTO_KEY_DESTROYED")
    expect(await codeOf(kms.createKey({ name }))).toBe("CRYPTO_KEY_EXISTS")
    const { items } = await kms.audit({ key: name, action: "kms.shred" })
    expect(items.map(({ outcome }) => outcome)).toEqual(["success"])
    expect(items[0]!.actor.id).not.toBe("platform")
  })
  test("refuses in the same words", async () => {
    const kms = bind()
    const { sealed } = await kms.encrypt(aes, { plain, context })
    const refusals = [
      kms.createKey({ name: aes }),
      kms.createKey({ name: "ashlar.mine" }),
      kms.createKey({ name: "Not A Name" }),
      kms.getKey("none"),
      kms.setMinimumVersion(aes, 99),
      kms.cancelDeletion(aes),
      kms.encrypt(ec, { plain, context }),
      kms.encrypt(aes, { plain: "no base64", context }),
      kms.encrypt(aes, { plain, context: {} }),
      kms.decrypt(aes, { sealed, context: { ...context, row: "8" } }),
      kms.decrypt(aes, { sealed: plain, context }),
      kms.sign(aes, { data: plain }),
      kms.encrypt("ashlar.secrets", { plain, context }),
      kms.removeSecret("none"),
    ]
    expect(await Promise.all(refusals.map(codeOf))).toEqual([
      "CRYPTO_KEY_EXISTS",
      "CRYPTO_OPTION_INVALID",
      "CRYPTO_OPTION_INVALID",
      "CRYPTO_KEY_NOT_FOUND",
      "CRYPTO_OPTION_INVALID",
      "CRYPTO_OPTION_INVALID",
      "CRYPTO_KEY_USE_REFUSED",
      "CRYPTO_OPTION_INVALID",
      "CRYPTO_CONTEXT_INVALID",
      "CRYPTO_CIPHERTEXT_INVALID",
      "CRYPTO_CIPHERTEXT_INVALID",
      "CRYPTO_KEY_USE_REFUSED",
      "CRYPTO_KEY_USE_REFUSED",
      "CRYPTO_SECRET_NOT_FOUND",
    ])
  })
})

test("each read of a secret is in the audit trail, in whose name it was, and never with its value", async () => {
  await stage.call("owner", "PUT", "/v1/projects/walls/secrets/canary", { value: "a-very-secret-value" })
  const answer = await stage.call("developer", "POST", "/v1/projects/walls/secrets/canary/reveal", {})
  expect([answer.body.value, answer.headers.get("cache-control")]).toEqual(["a-very-secret-value", "no-store"])
  const { body } = await stage.call("owner", "GET", "/v1/projects/walls/audit?limit=5")
  expect(body.items[0]).toMatchObject({
    action: "secret.read",
    target: "canary",
    details: { version: 1 },
    actor: { label: "developer@example.com" },
  })
  expect(JSON.stringify([body, stage.log])).not.toContain("a-very-secret-value")
})

test("what is in the data folder beside the root key neither is it, nor opens without it", async () => {
  const root = readFileSync(join(stage.data, "data", "root.key"))
  const files = readdirSync(join(stage.data, "data"), { recursive: true, encoding: "utf8" })
    .map((name) => join(stage.data, "data", name))
    .filter((path) => statSync(path).isFile() && !path.endsWith("root.key"))
  expect(files.length).toBeGreaterThan(3)
  for (const path of files) {
    const bytes = readFileSync(path)
    for (const form of [
      root,
      ...(["hex", "base64", "base64url"] as const).map((one) => Buffer.from(root.toString(one))),
    ])
      expect([path, bytes.includes(form)]).toEqual([path, false])
    expect([path, bytes.includes("a-very-secret-value")]).toEqual([path, false])
  }
})

test("an install starts under a root key by URL, and under no other after that", async () => {
  const data = mkdtempSync(join(tmpdir(), "ashlar-root-"))
  process.env.ASHLAR_TEST_INSTALL_ROOT = randomBytes(32).toString("base64")
  const open = (rootKey: string | undefined) =>
    startServer({ port: 0, data, log: stage.server.platform.log, ...(rootKey !== undefined && { rootKey }) })
  const first = await open("env:ASHLAR_TEST_INSTALL_ROOT")
  const jwks = await (await fetch(`${first.url}/.well-known/jwks.json`)).json()
  await first.stop(0)
  expect(readdirSync(data)).not.toContain("root.key")
  const second = await open("env:ASHLAR_TEST_INSTALL_ROOT")
  expect(await (await fetch(`${second.url}/.well-known/jwks.json`)).json()).toEqual(jwks)
  await second.stop(0)
  expect(await codeOf(open(undefined))).toBe("IDENTITY_ROOT_KEY_MISSING")
  process.env.ASHLAR_TEST_INSTALL_ROOT = randomBytes(32).toString("base64")
  expect(await codeOf(open("env:ASHLAR_TEST_INSTALL_ROOT"))).toBe("CRYPTO_UNWRAP_FAILED")
  rmSync(data, { recursive: true, force: true })
}, 60_000)

test("a function reads the secrets that it is granted, and no others", async () => {
  const P = "/v1/projects/walls"
  const code = "export default { fetch: (request, ctx) => Response.json(ctx.env) }"
  const deploy = (name: string) =>
    stage.call("owner", "POST", `${P}/functions`, {
      ...{ name, runtime: "quickjs", access: "public", code },
      env: { PLAIN: "text", KEY: "secret:payment" },
    })
  await stage.call("owner", "PUT", `${P}/secrets/payment`, { value: "sk_pay", functions: ["pay"] })
  expect((await deploy("pay")).status).toBe(201)
  expect((await stage.call("anonymous", "GET", "/f/walls/pay")).body).toEqual({ PLAIN: "text", KEY: "sk_pay" })
  const refused = await deploy("other")
  expect([refused.status, refused.body.code]).toEqual([409, "FUNCTIONS_SECRET_REFUSED"])
  expect(JSON.stringify(refused.body)).not.toMatch(/sk_pay|payment/)
  const { body } = await stage.call("owner", "GET", `${P}/audit?limit=20`)
  const read = body.items.find(({ action }: { action: string }) => action === "secret.read")
  expect(read).toMatchObject({ target: "payment", actor: { kind: "function", id: "pay" } })
  const stored = await stage.call("owner", "GET", `${P}/functions/pay`)
  expect(JSON.stringify(stored.body)).not.toContain("sk_pay")
}, 60_000)
