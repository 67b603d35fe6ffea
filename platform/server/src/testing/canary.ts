import { randomBytes } from "node:crypto"
import { appCode } from "./authenticator.ts"
import { type PeopleWays, setPersonCanaries } from "./canary-person.ts"
import type { Answer } from "./cast.ts"
import { headersOf, type MatrixCaller, type MatrixStage } from "./matrix-cast.ts"

/**
 * A text that is nowhere but in one place of one project, so that wherever else it turns up it was leaked.
 * Letters and digits only: no encoding of texts changes it but those that `finds` knows.
 */
export interface Canary {
  readonly kind: string
  readonly text: string
  /** Who may see it: members; keys of the project too, where rules say so; nobody at all, not even its owner. */
  readonly seenBy: "members" | "readers" | "nobody"
}

/** The things of a project by the names that paths take them by. */
export type Things = Readonly<Record<string, string>>

export interface Cage {
  readonly canaries: readonly Canary[]
  readonly things: Things
  /** A POST of the owner with its Idempotency-Key: whoever sends the same must not get its answer. */
  readonly kept: { readonly path: string; readonly body: object; readonly key: string }
}

const fresh = (kind: string): string => `canary${kind.replace(/\W/g, "")}${randomBytes(12).toString("hex")}`

/**
 * Puts a canary into every kind of data that a project can hold, as its owner.
 * @param ways What the platform was started with: secrets of its operator's, which nobody is shown either.
 */
export async function setCanaries(matrix: MatrixStage, owner: MatrixCaller, ways: PeopleWays): Promise<Cage> {
  const P = `/v1/projects/${owner.home}`
  const canaries: Canary[] = []
  const made = (kind: string, seenBy: Canary["seenBy"], text = fresh(kind)): string => {
    canaries.push({ kind, text, seenBy })
    return text
  }
  const ask = async (call: string, body?: unknown): Promise<Answer["body"]> => {
    const { status, body: answered } = await matrix.call(owner, call, body)
    if (status >= 400) throw new TypeError(`${call} answered ${status}: ${JSON.stringify(answered)}`)
    return answered
  }
  const rules = { read: "publishable" }
  const collection = made("collection", "readers", `c${fresh("collection").slice(0, 40)}`)
  await ask(`POST ${P}/collections`, { name: collection, rules, indexes: [made("index", "members")] })
  const id = made("document-id", "readers")
  await ask(`PUT ${P}/collections/${collection}/documents/${id}`, {
    [made("field", "readers")]: made("value", "readers"),
  })
  await ask(`POST ${P}/collections`, { name: "hidden" })
  const hidden = { secret: made("closed-document", "members") }
  await ask(`PUT ${P}/collections/hidden/documents/one`, hidden)

  await ask(`POST ${P}/collections`, { name: "sealed", encrypted: ["field"] })
  await ask(`PUT ${P}/collections/sealed/documents/one`, { field: made("sealed-field", "members") })

  const name = `f${fresh("fn").slice(0, 30)}`
  made("function", "members", name)
  const [code, line, env] = [made("code", "nobody"), made("log", "members"), made("env", "nobody")]
  await ask(`POST ${P}/functions`, {
    ...{ name, runtime: "quickjs", access: "secret", env: { KEY: env } },
    code: `export default { fetch() { /* ${code} */ const c = "${code}"; console.log("${line}"); return new Response(String(c.length)) } }`,
  })
  await ask(`GET /f/${owner.home}/${name}`)

  const key = await ask(`POST ${P}/keys`, { kind: "secret", name: made("key-name", "members") })
  made("key", "nobody", (key.secret as string).split("_")[3])
  const email = `${made("email", "members").toLowerCase()}@example.com`
  const invited = await ask(`POST ${P}/members`, { email, role: "viewer" })
  const token = made("invite", "nobody", invited.invite.token)
  const person = { invite: token, name: made("person", "members"), email, password: made("password", "nobody") }
  const session = (await matrix.stage.call("anonymous", "POST", "/v1/auth/signup", person)).body
  made("refresh-token", "nobody", (session.refreshToken as string).split("_").slice(2).join("_"))
  made("access-token", "nobody", (session.accessToken as string).split(".")[2])
  await setPersonCanaries(matrix.stage, made, ways, { ...person, accessToken: session.accessToken })
  const app = await setUserCanaries(P, made, ask)
  const asUser = { credential: key.secret as string, userToken: app.accessToken as string }
  await setFactorCanaries(P, made, { ask, own: async (call, body) => (await matrix.call(asUser, call, body)).body })
  const { secret, keyName } = await setKeyCanaries(P, made, ask)
  await ask(`PUT ${P}/auth/settings/providers/google`, {
    kind: "google",
    clientId: made("provider-client-id", "members"),
    clientSecret: made("provider-secret", "nobody"),
  })
  made("mail-password", "nobody", ways.secrets.mailPassword)
  made("install-provider-secret", "nobody", ways.secrets.providerSecret)
  const invite = await setOrgCanaries(`/v1/orgs/org-of-${owner.home}`, made, ask)
  const project = await ask(`PATCH ${P}`, { name: made("project-name", "readers") })

  const kept = { path: `${P}/keys`, body: { kind: "secret", name: "kept" }, key: fresh("once") }
  const headers = { authorization: `Bearer ${owner.credential}`, "idempotency-key": kept.key }
  const answer = await matrix.stage.call("anonymous", "POST", kept.path, kept.body, headers)
  made("kept-answer", "nobody", (answer.body.secret as string).split("_")[3])
  const things = {
    ...{ project: project.slug, projectId: project.id, collection, id, function: name, key: key.key.id },
    ...{ secret, keyName, org: `org-of-${owner.home}`, invite },
    ...{ user: session.user.id, session: session.sessionId, path: "" },
  }
  return { canaries, things: { ...things, appUser: app.user.id }, kept }
}

export type Made = (kind: string, seenBy: Canary["seenBy"], text?: string) => string
type Ask = (call: string, body?: unknown) => Promise<Answer["body"]>

/** A user of the app. @returns their session */
async function setUserCanaries(P: string, made: Made, ask: Ask): Promise<Answer["body"]> {
  const appUser = {
    ...{
      email: `${made("user-email", "members").toLowerCase()}@example.com`,
      password: made("user-password", "nobody"),
    },
    ...{ name: made("user-name", "members"), roles: [made("user-role", "members")] },
    claims: { [made("user-claim", "members")]: made("user-claim-value", "members") },
  }
  await ask(`POST ${P}/auth/users`, appUser)
  const { email: address, password } = appUser
  const app = await ask(`POST ${P}/auth/signin`, { email: address, password })
  made("user-refresh-token", "nobody", (app.refreshToken as string).split("_").slice(2).join("_"))
  made("user-access-token", "nobody", (app.accessToken as string).split(".")[2])
  return app
}

/** A second factor of a user of the app, its codes, and a device that is remembered. */
async function setFactorCanaries(P: string, made: Made, { ask, own }: { readonly ask: Ask; readonly own: Ask }) {
  await ask(`PATCH ${P}/auth/settings`, { mfa: "optional", rememberDeviceDays: 1 })
  const { factorId, secret } = await own(`POST ${P}/auth/mfa/enroll`)
  made("totp-secret", "nobody", secret)
  const proof = { factorId, code: appCode(secret, Date.now()), label: made("factor-label", "members") }
  const { recoveryCodes } = await own(`POST ${P}/auth/mfa/verify`, proof)
  made("recovery-code", "nobody", recoveryCodes[0])
  const { token } = await own(`POST ${P}/auth/mfa/devices`, { label: made("device-label", "members") })
  made("device-token", "nobody", (token as string).split(".")[0])
}

/** Keys and secrets. @returns their names */
async function setKeyCanaries(P: string, made: Made, ask: Ask): Promise<{ secret: string; keyName: string }> {
  const secret = made("secret-name", "members")
  await ask(`PUT ${P}/secrets/${secret}`, { value: made("secret-value", "nobody") })
  const keyName = made("kms-key", "members")
  await ask(`POST ${P}/kms/keys`, { name: keyName, algorithm: "AES-256-GCM" })
  const context = { row: made("kms-context", "nobody") }
  const plain = Buffer.from(made("kms-plain", "nobody")).toString("base64")
  const { sealed } = await ask(`POST ${P}/kms/keys/${keyName}/encrypt`, { plain, context })
  made("kms-sealed", "nobody", (sealed as string).slice(-40))
  return { secret, keyName }
}

/** What an organization holds beside its projects. @returns the id of an invite */
async function setOrgCanaries(org: string, made: Made, ask: Ask): Promise<string> {
  await ask(`PATCH ${org}`, { name: made("org-name", "members") })
  const email = `${made("org-invite-email", "members").toLowerCase()}@example.com`
  const { invite, token } = await ask(`POST ${org}/invites`, { email, role: "viewer" })
  made("org-invite", "nobody", token)
  return invite.id
}

/** Finds a canary as it is, or in an encoding that hides it from a reader and not from a thief. */
export function finderOf(text: string): (canary: string) => boolean {
  // Texts are long and canaries many: what is the same for all of them is done once.
  const lower = text.toLowerCase()
  const plain = text.replaceAll("+", "-").replaceAll("/", "_")
  return (canary) => {
    const forms = [canary, Buffer.from(canary).toString("hex"), [...canary].reverse().join("")]
    const base64 = [0, 1, 2].map((shift) =>
      Buffer.from("\0".repeat(shift) + canary)
        .toString("base64url")
        .slice(shift === 0 ? 0 : shift + 1, -4),
    )
    return forms.some((form) => lower.includes(form.toLowerCase())) || base64.some((form) => plain.includes(form))
  }
}

/** One answer of the crawl, with everything that was in it. */
export interface Seen {
  readonly call: string
  readonly text: string
}

const READS: ReadonlySet<string> = new Set(["documents.query", "documents.explain", "setup.check", "auth.reset.check"])
const ENDS: ReadonlySet<string | undefined> = new Set([
  ...["auth.signout", "auth.refresh", "sessions.revoke"],
  ...["app.signout", "app.refresh", "app.sessions.revoke"],
])

/**
 * Calls every route of the table as this caller, its path filled with the things of the project, and more than once where it has
 * more than one surface. Whoever is at home only reads: the rest is theirs to destroy.
 */
export async function crawl(matrix: MatrixStage, caller: MatrixCaller, cage: Cage): Promise<readonly Seen[]> {
  const seen: Seen[] = []
  const isHome = caller.home === "yard"
  const visit = async (call: string, body?: unknown, headers: Record<string, string> = {}): Promise<void> => {
    const [method = "", path = ""] = call.split(" ")
    const answer = await matrix.stage.call("anonymous", method, path, body, { ...headersOf(caller), ...headers })
    const head = [...answer.headers].map((pair) => pair.join(": ")).join("\n")
    seen.push({ call, text: `${head}\n${typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body)}` })
  }
  for (const { method, path, name } of matrix.stage.server.app.table().records) {
    const isRead = method === "GET" || READS.has(name ?? "")
    // The page of documents is a file of its own, the same for everybody.
    if ((isHome && !isRead) || ENDS.has(name) || method === "HEAD" || path.startsWith("/docs/")) continue
    const { project: slug = "", projectId = "" } = cage.things
    for (const project of path.includes(":project") ? [slug, projectId] : [slug]) {
      const filled = path.replace(/[:*](\w+)/g, (_, param: string) =>
        param === "project"
          ? project
          : (cage.things[param === "user" && path.includes("/auth/users") ? "appUser" : param] ?? "x"),
      )
      for (const extra of isRead && method === "GET" && path.startsWith("/v1/")
        ? ["", "?limit=1000", "?follow=true", "?count=true&where={}"]
        : [""]) {
        if (isHome && extra === "?follow=true") continue // a stream that does not end
        await visit(`${method} ${filled}${extra}`, method === "GET" || method === "DELETE" ? undefined : {})
      }
      // Errors tell as well: of names that are taken, of values that are there.
      if (method === "POST")
        await visit(`${method} ${filled}`, { name: project, slug: project, email: "x", where: { $or: 1 } })
    }
  }
  for (const hidden of ["hidden", "sealed"].flatMap((one) => [one, `${one}/documents`, `${one}/documents/one`])) {
    await visit(`GET /v1/projects/${cage.things.project}/collections/${hidden}`)
  }
  const isKeeper = isHome && caller.as === "owner"
  if (!isKeeper) await visit(`POST ${cage.kept.path}`, cage.kept.body, { "idempotency-key": cage.kept.key })
  return seen
}
