import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describeReport, type FuzzReport, fuzzRoutes } from "@ashlar/testing"
import { type Role, raiseStage, type Stage } from "./testing/cast.ts"
import { roomBodies } from "./testing/rooms-bodies.ts"

/** Every route of the platform keeps what it declares, whatever is sent to it, and by whom. */

const PASSWORD = "a phrase for the tests"
const P = "/v1/projects/walls"
const CODE = "export default { fetch: () => new Response('hello') }"
/** Routes that may end the session of whoever calls them. */
const ENDS_SESSIONS: ReadonlySet<string | undefined> = new Set(["auth.signout", "auth.refresh", "sessions.revoke"])

const folder = mkdtempSync(join(tmpdir(), "ashlar-fuzz-"))
writeFileSync(join(folder, "index.html"), "<!doctype html><title>Console</title>")
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Puts in place what routes are asked for, where an earlier one took it away. */
async function furnish(stage: Stage): Promise<void> {
  const rules = { read: "public", create: "publishable", update: "secret", delete: "secret" }
  await stage.call("owner", "POST", `${P}/collections`, { name: "stones", indexes: ["n"], rules })
  await stage.call("owner", "PUT", `${P}/collections/stones/documents/granite`, { n: 1, t: "a" })
  await furnishKeys(stage)
  if ((await stage.call("owner", "GET", `${P}/functions/hello`)).status === 200) return
  const code = { name: "hello", runtime: "quickjs", access: "public", code: CODE }
  await stage.call("owner", "POST", `${P}/functions`, code)
}

/** One more user of the app, for routes that take one away. */
async function addAppUser(stage: Stage): Promise<string> {
  const email = `${crypto.randomUUID()}@example.com`
  return (await stage.call("owner", "POST", `${P}/auth/users`, { email })).body.id
}

/** These take a user of the app beside a key, or their tokens: `app-users.test.ts` has them. */
const FOR_APP_USERS = [
  ...["app.me", "app.password", "app.refresh", "app.sessions.list", "app.sessions.revoke", "app.signout"],
  "app.verify.send",
]
/** These take what was sent by mail: `app-mail.test.ts` has them. */
const BY_MAIL = ["app.link", "app.reset", "app.verify"]
/** These take a provider that answers: `app-oauth.test.ts` has it. */
const BY_PROVIDER = [
  ...["app.authorize", "app.callback", "app.callback.provider"],
  ...["app.providers.delete", "app.providers.put"],
]

/** Keys that work, and a secret. */
async function furnishKeys(stage: Stage): Promise<void> {
  for (const [name, algorithm] of [
    ["aes", "AES-256-GCM"],
    ["ec", "ES256"],
  ] as const) {
    const at = `${P}/kms/keys/${name}`
    const { body } = await stage.call("owner", "GET", at)
    if (body.code === "CRYPTO_KEY_NOT_FOUND") await stage.call("owner", "POST", `${P}/kms/keys`, { name, algorithm })
    if (body.state === "pending-deletion") await stage.call("owner", "POST", `${at}/cancel-deletion`)
    if (body.state !== undefined && body.state !== "enabled") await stage.call("owner", "POST", `${at}/enable`)
    if (body.minimumVersion > 1) await stage.call("owner", "PATCH", at, { minimumVersion: 1 })
  }
  const secret = `${P}/secrets/stripe`
  if ((await stage.call("owner", "GET", `${secret}/history`)).status === 200) return
  await stage.call("owner", "PUT", secret, { value: "v" })
}

/** These take a factor that somebody has, or a ticket of a sign-in: the tests of identity and of the console's factors have them. */
const FOR_FACTORS = [
  ...["auth.signin.factor", "auth.signin.factor.options", "auth.signin.passkey"],
  ...["mfa.factors.remove", "mfa.factors.update", "mfa.passkeys.add", "mfa.recovery-codes", "mfa.verify"],
]

/** These take mail that was sent, or a provider that answered: the tests of people's ways in have them. */
const FOR_WAYS = [
  ...["auth.mail.send", "auth.mail", "auth.email.verify.send", "auth.email.verify", "auth.email.send", "auth.email"],
  ...["auth.authorize", "auth.callback", "auth.callback.provider", "auth.identities.remove", "mfa.devices.remove"],
]

/** The same of users of the app: `app-factors.test.ts` has them. */
const FOR_APP_FACTORS = [
  ...["devices.forget", "devices.list", "devices.remember", "enroll", "factors.remove", "factors.update", "get"],
  ...["passkeys.add", "passkeys.options", "recovery-codes", "step-up", "step-up.options", "verify"],
].map((name) => `app.mfa.${name}`)
const FOR_APP_STEPS = [
  ...["enroll", "enroll.passkey", "enroll.passkey.options", "enroll.verify"],
  ...["factor", "factor.options", "passkey", "passkey.options"],
].map((name) => `app.signin.${name}`)

/** An organization with members and an invite, and one that is empty. */
async function furnishOrgs(stage: Stage): Promise<string> {
  const { items } = (await stage.call("owner", "GET", "/v1/orgs?limit=1000")).body
  const has = (slug: string): boolean => items.some((org: { slug: string }) => org.slug === slug)
  for (const name of ["Quarry", "Empty"])
    if (!has(name.toLowerCase())) await stage.call("owner", "POST", "/v1/orgs", { name })
  for (const who of ["viewer", "developer"] as const) {
    const wish = { email: `${who}@example.com`, role: "member" }
    const { body } = await stage.call("owner", "POST", "/v1/orgs/quarry/invites", wish)
    if (body.token !== undefined) await stage.call(who, "POST", "/v1/orgs/join", { token: body.token })
  }
  const wish = { email: "guest@example.com", role: "viewer" }
  return (await stage.call("owner", "POST", "/v1/orgs/quarry/invites", wish)).body.invite.id
}

/**
 * Nor these: only the first administrator is set up, once, an organization is joined by the invite of another and handed over once, a
 * reset takes a link of the data folder, and a device is let in when it asks again after a while.
 */
const NEVER_TRIED = [
  ...FOR_APP_USERS,
  ...FOR_FACTORS,
  ...FOR_APP_FACTORS,
  ...FOR_APP_STEPS,
  ...FOR_WAYS,
  ...BY_MAIL,
  ...BY_PROVIDER,
  ...["auth.reset", "auth.reset.check"],
  "device.claim",
  "orgs.hand-over",
  "orgs.join",
  "setup.check",
  "setup.complete",
].toSorted()

async function fuzzAs(who: Role, stage: Stage, runs: number): Promise<FuzzReport> {
  const signIn = { email: "owner@example.com", password: PASSWORD }
  const session = async (email = signIn.email) =>
    (await stage.call("anonymous", "POST", "/v1/auth/signin", { ...signIn, email })).body
  const { refreshToken, sessionId } = await session()
  const { items } = (await stage.call("owner", "GET", `${P}/members`)).body
  const others = (items as { userId: string; email: string }[]).filter(({ email }) => !email.startsWith("owner"))
  const users = others.map(({ userId }) => userId)
  await furnish(stage)
  const invites = [await furnishOrgs(stage)]
  const context = { row: "7" }
  const keyNames = ["aes", "ec"]
  const aes = `${P}/kms/keys/aes`
  const { sealed } = (await stage.call("owner", "POST", `${aes}/encrypt`, { plain: "", context })).body
  const { wrapped } = (await stage.call("owner", "POST", `${aes}/data-keys`, { context })).body
  let credential = stage.credentials[who]
  return fuzzRoutes(stage.server.app, {
    seed: Number(process.env.FUZZ_SEED ?? 20_261_128),
    runs: Number(process.env.FUZZ_RUNS ?? runs),
    returnsReport: true,
    headers: (): Record<string, string> => (credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
    async setup({ name }) {
      await furnish(stage)
      if (name?.startsWith("orgs.")) invites.splice(0, 1, await furnishOrgs(stage))
      // Who leaves the organization that the project went to has left the project too.
      if (name === "members.remove")
        for (const role of ["viewer", "developer"])
          await stage.call("owner", "POST", `${P}/members`, { email: `${role}@example.com`, role })
      if (name?.startsWith("app.users.")) users.unshift(await addAppUser(stage))
      const isOwn = who === "owner" && ENDS_SESSIONS.has(name)
      if (name === "kms.cancel-deletion")
        for (const key of ["aes", "ec"]) await stage.call("owner", "POST", `${P}/kms/keys/${key}/schedule-deletion`, {})
      // What it shreds is gone for good.
      if (name === "kms.shred")
        await stage.call("owner", "POST", `${P}/kms/keys`, { name: "spent", algorithm: "AES-256-GCM" })
      keyNames.splice(0, 2, ...(name === "kms.shred" ? ["spent", "spent"] : ["aes", "ec"]))
      credential = isOwn ? (await session()).accessToken : stage.credentials[who]
      // It ends all other sessions of whoever calls it.
      if (who === "owner" && name === "auth.password") credential = (await session("stranger@example.com")).accessToken
    },
    values: {
      ...{ project: ["walls"], collection: ["stones"], function: ["hello"], id: ["granite"] },
      ...{ org: ["quarry", "empty", "personal"], organization: ["quarry", "personal"], invite: invites },
      ...{ user: users, session: [sessionId], refreshToken: [refreshToken] },
      ...{ keyName: keyNames, secret: ["stripe"], sealed: [sealed], wrapped: [wrapped] },
      email: ["viewer@example.com", "one@example.com", "two@example.com", "three@example.com"],
      ...{ password: [PASSWORD], code: [CODE], runtime: ["quickjs"] },
    },
    hints: roomBodies,
  })
}

describe("every route of the platform", () => {
  test.each([
    ["owner", 60],
    ["secret", 25],
    ["anonymous", 25],
  ] as const)(
    "keeps what it declares, to %s",
    async (who, runs) => {
      const stage = await raiseStage({ consoleFolder: folder, signups: "open" })
      try {
        const report = await fuzzAs(who, stage, runs)
        expect(report.findings.length === 0 ? "" : describeReport(report)).toBe("")
        expect(report.routes.length).toBe(stage.server.app.table().records.length)
        // (Many runs lock sign-in.)
        if (who === "owner" && process.env.FUZZ_RUNS === undefined)
          expect(report.neverSucceeded.toSorted()).toEqual(NEVER_TRIED)
      } finally {
        await stage.close()
      }
    },
    300_000,
  )
})

describe("what fuzzing has found", () => {
  test.each([
    ["members.add", "IDENTITY_INVALID_INPUT"],
    ["sessions.list", "IDENTITY_INVALID_CURSOR"],
    ["console", "HTTP_NOT_FOUND"],
  ])("%s declares %s", async (name, code) => {
    const stage = await raiseStage()
    const record = stage.server.app
      .table()
      .records.find((one) => one.name === name || (name === "console" && one.path === "/*path"))
    expect(record!.errors.map((one) => one.code)).toContain(code)
    await stage.close()
  })
  test("a refresh with a body that is no JSON is the caller's mistake", async () => {
    const stage = await raiseStage()
    const answer = await stage.call("anonymous", "POST", "/v1/auth/refresh", "refreshToken=secret-token")
    expect([answer.status, answer.body.code]).toEqual([400, "HTTP_BODY_INVALID"])
    expect(JSON.stringify(answer.body)).not.toContain("secret-token")
    await stage.close()
  })
})
