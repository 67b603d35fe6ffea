import { type OrgRole, scopes } from "@ashlar/control"
import type { ServerOptions } from "../server.ts"
import { type Answer, raiseStage, type Stage } from "./cast.ts"

/** A project and who belongs to it. Each caller has one home at most, and is a stranger to the other project. */
export type Home = "walls" | "yard"

/** Somebody who knocks at every route: what they are at home. */
export interface MatrixCaller {
  readonly name: string
  readonly home: Home | null
  /** What they are in the organization that their home belongs to. Each home has one of its own. */
  readonly orgRole?: OrgRole
  readonly as: "anonymous" | "publishable" | "secret" | "scoped" | "user" | "viewer" | "developer" | "admin" | "owner"
  /** Of a key that is narrowed, the one scope it has. */
  readonly scope?: string
  readonly credential: string | undefined
  /** The access token of an app's user, who comes with a publishable key. */
  readonly userToken?: string
}

export interface MatrixStage {
  readonly stage: Stage
  readonly callers: readonly MatrixCaller[]
  call(caller: Pick<MatrixCaller, "credential" | "userToken">, call: string, body?: unknown): Promise<Answer>
}

const PASSWORD = "a phrase for the tests"
const CODE = "export default { fetch: () => new Response('hello') }"
const STONES = { read: "publishable", create: "secret", update: "secret", delete: "secret" }
/** Collections of both projects: each is open to one level, for every action. */
export const RULE_LEVELS = ["public", "publishable", "user", "secret", null] as const

/** Two projects with the same things in them, and everybody who may have to do with either. */
export async function raiseMatrixStage(options: ServerOptions = {}): Promise<MatrixStage> {
  const stage = await raiseStage({ signups: "open", ...options })
  const call: MatrixStage["call"] = async (caller, text, body) => {
    const [method = "", path = ""] = text.split(" ")
    const headers = headersOf(caller)
    return stage.call("anonymous", method, path, body, headers)
  }
  const person = async (name: string): Promise<string> => {
    const wish = { name, email: `${name}@example.com`, password: PASSWORD }
    return (await stage.call("anonymous", "POST", "/v1/auth/signup", wish)).body.accessToken
  }
  const [admin, otherOwner] = [await person("admin"), await person("otherOwner")]
  await stage.call("owner", "POST", "/v1/projects/walls/members", { email: "admin@example.com", role: "admin" })
  const { owner, viewer, developer, publishable, secret } = stage.credentials
  await call({ credential: otherOwner }, "POST /v1/orgs", { name: "Org of yard" })
  await call({ credential: otherOwner }, "POST /v1/projects", { name: "Yard", organization: "org-of-yard" })
  await call({ credential: owner }, "POST /v1/orgs", { name: "Org of walls" })
  await call({ credential: owner }, "POST /v1/projects/walls/transfer", { organization: "org-of-walls" })
  /** Somebody who is in the project by its organization alone. */
  const inOrg = async (role: OrgRole): Promise<string> => {
    const credential = await person(`org-${role}`)
    const wish = { email: `org-${role}@example.com`, role }
    const { body } = await call({ credential: owner }, "POST /v1/orgs/org-of-walls/invites", wish)
    await call({ credential }, "POST /v1/orgs/join", { token: body.token })
    return credential
  }
  const key = async (credential: string | undefined, home: Home, wish: object): Promise<string> => {
    const made = await call({ credential }, `POST /v1/projects/${home}/keys`, { name: "matrix", ...wish })
    return made.body.secret
  }
  for (const [home, credential] of [["walls", owner] as const, ["yard", otherOwner] as const]) {
    await furnish(home, (text, body) => call({ credential }, text, body))
  }
  const callers: MatrixCaller[] = [
    { name: "anonymous", home: null, as: "anonymous", credential: undefined },
    { name: "publishable", home: "walls", as: "publishable", credential: publishable },
    { name: "secret", home: "walls", as: "secret", credential: secret },
    { name: "viewer", home: "walls", as: "viewer", credential: viewer },
    { name: "developer", home: "walls", as: "developer", credential: developer },
    { name: "admin", home: "walls", as: "admin", credential: admin },
    { name: "owner", home: "walls", as: "owner", orgRole: "owner", credential: owner },
    { name: "org viewer", home: "walls", as: "viewer", orgRole: "viewer", credential: await inOrg("viewer") },
    { name: "org member", home: "walls", as: "developer", orgRole: "member", credential: await inOrg("member") },
    { name: "org admin", home: "walls", as: "admin", orgRole: "admin", credential: await inOrg("admin") },
    {
      name: "other publishable",
      home: "yard",
      as: "publishable",
      credential: await key(otherOwner, "yard", { kind: "publishable" }),
    },
    { name: "other secret", home: "yard", as: "secret", credential: await key(otherOwner, "yard", { kind: "secret" }) },
    { name: "other owner", home: "yard", as: "owner", orgRole: "owner", credential: otherOwner },
  ]
  for (const scope of scopes) {
    const credential = await key(owner, "walls", { kind: "secret", scopes: [scope] })
    callers.push({ name: scope, home: "walls", as: "scoped", scope, credential })
    if (scope !== "documents:read") continue
    const other = await key(otherOwner, "yard", { kind: "secret", scopes: [scope] })
    callers.push({ name: `other ${scope}`, home: "yard", as: "scoped", scope, credential: other })
  }
  const users: readonly (readonly [name: string, home: Home, key: string | undefined])[] = [
    ["app user", "walls", publishable],
    ["other app user", "yard", callers.find(({ name }) => name === "other publishable")?.credential],
  ]
  for (const [name, home, credential] of users) {
    const wish = { email: "user@example.com", password: PASSWORD }
    const { body } = await call({ credential }, `POST /v1/projects/${home}/auth/signup`, wish)
    callers.push({ name, home, as: "user", credential, userToken: body.session.accessToken })
  }
  return { stage, callers, call }
}

/** What a caller sends to say who they are. */
export function headersOf({
  credential,
  userToken,
}: Pick<MatrixCaller, "credential" | "userToken">): Record<string, string> {
  return {
    ...(credential !== undefined && { authorization: `Bearer ${credential}` }),
    ...(userToken !== undefined && { "ashlar-user": `Bearer ${userToken}` }),
  }
}

async function furnish(home: Home, call: (text: string, body: unknown) => Promise<Answer>): Promise<void> {
  const P = `/v1/projects/${home}`
  for (const level of RULE_LEVELS) {
    const rules = { read: level, create: level, update: level, delete: level }
    await call(`POST ${P}/collections`, { name: `for-${level}`, rules })
  }
  await call(`POST ${P}/collections`, { name: "stones", rules: STONES })
  const hello = { name: "hello", runtime: "quickjs", access: "publishable", code: CODE }
  await call(`POST ${P}/functions`, hello)
}
