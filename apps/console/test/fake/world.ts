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
  appSettings: { signups: string; passwordMinCharacters: number; verifiedEmailOnly: boolean }
  audit: object[]
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
  org: Omit<Org, "createdAt" | "members" | "invites">,
): Org {
  const members = [{ userId: id, email, name, role: "owner", joinedAt: now() }]
  const made = { ...org, createdAt: now(), members, invites: [] }
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
    appSettings: { signups: "open", passwordMinCharacters: 10, verifiedEmailOnly: false },
    audit: [],
    members,
  }
  world.projects.push(made)
  return made
}

export function log(
  project: Project,
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
  addProject(world, maya, "Field notes", "field-notes")
}
