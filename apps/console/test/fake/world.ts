import { idSource, Refusal } from "./answers.ts"
import { ago, type Collection, demoCollections } from "./documents.ts"
import { demoFunctions, type FakeFunction } from "./functions.ts"

/** Everything the fake server knows. */
export interface World {
  readonly setupToken: string
  resetToken: string
  isSetUp: boolean
  readonly people: Person[]
  readonly projects: Project[]
  readonly orgs: Org[]
  readonly bearers: Map<string, Person>
  readonly cookies: Map<string, Person>
  readonly invites: Map<string, { project: Project; role: string }>
}

export interface Person {
  id: string
  email: string
  name: string
  administrator: boolean
  createdAt: string
  password: string
}

export interface Member {
  userId: string
  email: string
  name: string
  role: string
  joinedAt: string
}

export interface Org {
  id: string
  slug: string
  name: string
  personal: boolean
  createdAt: string
  members: Member[]
  invites: { id: string; email: string; role: string; invitedBy: string; createdAt: string; expiresAt: string }[]
  audit: AuditEntry[]
}

export interface Key {
  id: string
  kind: string
  scopes: string[] | null
  name: string
  hint: string
  createdAt: string
  lastUsedAt: string | null
  expiresAt: string | null
  revokedAt: string | null
}

export interface AppUser {
  id: string
  email: string
  emailVerified: boolean
  name: string | null
  roles: string[]
  claims: Record<string, unknown>
  disabled: boolean
  createdAt: string
  lastSignedInAt: string | null
}

export interface KmsKey {
  id: string
  name: string
  algorithm: string
  uses: string[]
  state: "enabled" | "disabled" | "pending-deletion" | "destroyed"
  version: number
  minimumVersion: number
  createdAt: string
  deletesAt: string | null
  rotateEveryDays: number | null
  versions: { version: number; createdAt: string; destroyed: boolean }[]
}

export interface KeyUse {
  sequence: number
  at: string
  action: string
  actor: { type: string; id: string }
  target: { type: string; id: string }
  outcome: string
  details: Record<string, unknown>
}

export interface Secret {
  name: string
  version: number
  createdAt: string
  updatedAt: string
  expiresAt: string | null
  functions: string[]
}

export interface Provider {
  name: string
  kind: string
  label: string
  clientId: string
  enabled: boolean
  host: string | null
  tenant: string | null
  callbackUrl: string
  updatedAt: string
}

export interface AuditEntry {
  id: string
  at: string
  actor: { kind: string; id: string; label: string }
  action: string
  target: string
  details: object
}

export interface Project {
  id: string
  slug: string
  name: string
  role: string
  org: Org
  createdAt: string
  collections: Collection[]
  functions: FakeFunction[]
  keys: Key[]
  members: Member[]
  appUsers: AppUser[]
  /** Ids of those who have a second factor. */
  appUserFactors: Set<string>
  appSettings: typeof appSettings
  providers: Provider[]
  kmsKeys: KmsKey[]
  keyAudit: KeyUse[]
  secrets: Secret[]
  audit: AuditEntry[]
}

/** One request, taken apart: `/v1/projects/{project}/{area}/{name}/{part}/{id}`. */
export interface Call {
  readonly request: Request
  readonly method: string
  readonly url: URL
  readonly who: Person
  readonly project: Project
  readonly name: string | undefined
  readonly part: string | undefined
  readonly id: string | undefined
  readonly body: never
}

/** Who signs in where the demo project is. */
export const person = { email: "maya@northwall.dev", password: "a wall of dressed stone", name: "Maya Lindqvist" }
const DAY_MS = 86_400_000
const appSettings = {
  ...{ signups: "open", passwordMinCharacters: 10, verifiedEmailOnly: false, redirectUrls: [] as string[] },
  ...{ mfa: "off", passkeys: null as { rpId: string; origins: string[] } | null, rememberDeviceDays: 0 },
  mail: { senderName: "", replyTo: null as string | null, texts: {} as Record<string, unknown> },
}

export const nextId = idSource()
export const now = (): string => new Date().toISOString()

export function addPerson(
  world: World,
  input: { email: string; name: string; password: string },
  administrator = false,
): Person {
  const made = { id: nextId(), createdAt: now(), administrator, ...input }
  world.people.push(made)
  addOrg(world, made, { id: made.id, slug: "personal", name: made.name, personal: true })
  return made
}

export function addOrg(
  world: World,
  { id, email, name }: Person,
  org: Omit<Org, "createdAt" | "members" | "invites" | "audit">,
): Org {
  const members = [{ userId: id, email, name, role: "owner", joinedAt: now() }]
  const made = { ...org, createdAt: now(), members, invites: [], audit: [] }
  world.orgs.push(made)
  return made
}

/** The organization of this name, for somebody who is in it. */
export function findOrg(world: World, who: Person, ref: string): Org {
  const found = world.orgs.find(
    (org) => (org.id === ref || org.slug === ref) && org.members.some(({ userId }) => userId === who.id),
  )
  if (!found) throw new Refusal(404, "CONTROL_ORG_NOT_FOUND", "No organization has this name.")
  return found
}

export function addProject(world: World, owner: Person, name: string, slug: string, org = "personal"): Project {
  if (world.projects.some((project) => project.slug === slug))
    throw new Refusal(409, "CONTROL_SLUG_TAKEN", `The address ${slug} is taken.`)
  const members = [{ userId: owner.id, email: owner.email, name: owner.name, role: "owner", joinedAt: now() }]
  const made = {
    id: nextId(),
    slug,
    name,
    role: "owner",
    org: findOrg(world, owner, org),
    createdAt: now(),
    collections: [],
    functions: [],
    keys: [],
    appUsers: [],
    appUserFactors: new Set<string>(),
    appSettings: structuredClone(appSettings),
    ...{ providers: [], kmsKeys: [], keyAudit: [], secrets: [] },
    audit: [],
    members,
  }
  world.projects.push(made)
  return made
}

export function log(
  project: Pick<Project, "audit">,
  who: Person,
  action: string,
  target: string,
  details: object = {},
  at = now(),
): void {
  project.audit.unshift({
    id: nextId(),
    at,
    actor: { kind: "user", id: who.id, label: who.email },
    action,
    target,
    details,
  })
}

/** An install: a fresh one has a set-up link and nobody in it, the other one a project full of things. */
export function createWorld(fresh: boolean): World {
  const world: World = {
    setupToken: "first-stone",
    resetToken: "rs_once",
    isSetUp: !fresh,
    people: [],
    projects: [],
    orgs: [],
    bearers: new Map(),
    cookies: new Map(),
    invites: new Map(),
  }
  if (!fresh) addDemo(world)
  return world
}

function addDemo(world: World): void {
  const maya = addPerson(world, person, true)
  const tomas = addPerson(world, {
    email: "tomas@northwall.dev",
    name: "Tomas Okafor",
    password: "another wall entirely",
  })
  const northwall = addOrg(world, maya, { id: nextId(), slug: "northwall", name: "Northwall", personal: false })
  northwall.members.push({
    ...{ userId: tomas.id, email: tomas.email, name: tomas.name, role: "member", joinedAt: ago(12 * DAY_MS) },
  })
  northwall.invites.push({
    ...{ id: nextId(), email: "ines@northwall.dev", role: "viewer", invitedBy: maya.email, createdAt: ago(DAY_MS) },
    expiresAt: new Date(Date.now() + 6 * DAY_MS).toISOString(),
  })
  const atlas = addProject(world, maya, "atlas", "atlas", "northwall")
  atlas.collections = demoCollections()
  atlas.functions = demoFunctions()
  atlas.members.push({
    userId: tomas.id,
    email: tomas.email,
    name: tomas.name,
    role: "developer",
    joinedAt: ago(12 * DAY_MS),
  })
  const expiresAt = new Date(Date.now() + 23 * DAY_MS).toISOString()
  const user = (email: string, more: Partial<AppUser>): AppUser => ({
    ...{ id: nextId(), email, emailVerified: true, name: null, roles: [], claims: {}, disabled: false },
    ...{ createdAt: ago(6 * DAY_MS), lastSignedInAt: ago(3_600_000), ...more },
  })
  atlas.appUsers.push(
    user("lena@example.org", { name: "Lena Okafor", roles: ["editor"], claims: { team: "maps" } }),
    user("pavel@example.org", { emailVerified: false, lastSignedInAt: null }),
    user("spam@example.org", { disabled: true }),
  )
  const [lena] = atlas.appUsers
  if (lena) atlas.appUserFactors.add(lena.id)
  atlas.keys.push(
    {
      id: nextId(),
      kind: "publishable",
      scopes: null,
      name: "web app",
      hint: "TzVd",
      createdAt: ago(18 * DAY_MS),
      lastUsedAt: ago(180_000),
      expiresAt: null,
      revokedAt: null,
    },
    {
      id: nextId(),
      kind: "secret",
      scopes: null,
      name: "nightly import",
      hint: "91fd",
      createdAt: ago(9 * DAY_MS),
      lastUsedAt: null,
      expiresAt,
      revokedAt: null,
    },
  )
  log(atlas, maya, "collection.create", "countries", {}, ago(19_000_000))
  log(atlas, tomas, "member.invite", "ines@northwall.dev", { role: "developer" }, ago(18_000_000))
  log(atlas, maya, "key.create", nextId(), { name: "nightly import", kind: "secret" }, ago(12_000_000))
  log(atlas, tomas, "key.rotate", nextId(), { name: "web app", kind: "publishable" }, ago(3_600_000))
  log(
    atlas,
    maya,
    "collection.update",
    "countries",
    { rules: { read: "publishable", create: "secret" } },
    ago(2_000_000),
  )
  log(atlas, maya, "function.deploy", "import-countries", { version: 14, runtime: "bun" }, ago(1_320_000))
  addAccess(atlas, maya)
  log(northwall, maya, "org.create", "northwall", { name: "Northwall" }, ago(14 * DAY_MS))
  log(northwall, maya, "org.member.invite", "ines@northwall.dev", { role: "viewer" }, ago(DAY_MS))
  addProject(world, maya, "Field notes", "field-notes")
}

/** Keys, secrets and providers of the demo. */
function addAccess(atlas: Project, maya: Person): void {
  const versions = [1, 2, 3].map((version) => ({ version, createdAt: ago((4 - version) * DAY_MS), destroyed: false }))
  const key = { id: nextId(), createdAt: ago(9 * DAY_MS), deletesAt: null, minimumVersion: 1 }
  atlas.kmsKeys.push(
    {
      ...{ ...key, name: "ashlar.secrets", algorithm: "AES-256-GCM", uses: ["encrypt", "decrypt"], state: "enabled" },
      ...{ version: 1, rotateEveryDays: 90, versions: versions.slice(0, 1) },
    },
    {
      ...{ ...key, name: "customers", algorithm: "AES-256-GCM", uses: ["encrypt", "decrypt"], state: "enabled" },
      ...{ version: 3, minimumVersion: 2, rotateEveryDays: 90, versions },
    },
    {
      ...{ ...key, name: "invoices", algorithm: "ES256", uses: ["sign", "verify"], state: "pending-deletion" },
      ...{ version: 1, rotateEveryDays: null, versions: versions.slice(0, 1) },
      deletesAt: new Date(Date.now() + 12 * DAY_MS).toISOString(),
    },
  )
  const use = (action: string, type: string, id: string, details: object, outcome = "success"): void => {
    atlas.keyAudit.unshift({
      ...{ sequence: atlas.keyAudit.length + 1, at: ago(3_600_000), action, outcome },
      ...{ actor: { type: "user", id: maya.id }, target: { type, id } },
      details: { by: maya.email, ...details },
    })
  }
  use("kms.create", "key", "customers", { version: 1 })
  use("kms.rotate", "key", "customers", { version: 3 })
  use("secret.read", "secret", "stripe", { version: 2 })
  use("kms.decrypt", "key", "customers", { count: 412 })
  use("kms.sign", "key", "invoices", { refused: "CRYPTO_KEY_DISABLED" }, "denied")
  const set = { createdAt: ago(8 * DAY_MS), updatedAt: ago(DAY_MS), expiresAt: null }
  atlas.secrets.push({ name: "stripe", version: 2, functions: ["import-countries"], ...set })
  const callback = (name: string): string =>
    `http://localhost:4000/v1/projects/${atlas.id}/auth/sign-in/${name}/callback`
  const provider = { host: null, tenant: null, enabled: true, updatedAt: ago(DAY_MS) }
  atlas.providers.push(
    {
      ...{ ...provider, name: "google", kind: "google", label: "Google", callbackUrl: callback("google") },
      clientId: "714289-atlas.apps.googleusercontent.com",
    },
    {
      ...{ ...provider, name: "staff", kind: "oidc", label: "Our staff", callbackUrl: callback("staff") },
      ...{ clientId: "atlas", host: "https://id.northwall.dev", enabled: false },
    },
  )
}
