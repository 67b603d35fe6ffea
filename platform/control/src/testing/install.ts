/** Control on a real file, for this package's tests: a clock that stands, and people and storage that can be told to fail. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createUuidv7, type ManualClock, manualClock } from "@ashlar/core"
import { type Feature, openSqlite, type SqliteFile } from "@ashlar/sqlite"
import type { Access, Caller, Role } from "../access.ts"
import { type Control, openControl } from "../control.ts"
import { controlFeature } from "../feature.ts"
import type { ControlLimits } from "../limits.ts"
import type { People, Person } from "../members.ts"
import type { Project, ProjectStorage } from "../projects.ts"

export const anonymous: Caller = { kind: "anonymous" }

/** Stands for the table in which the package that keeps accounts would put an invite. */
const inviteFeature: Feature = {
  name: "invites",
  migrations: [
    { id: 1, name: "invites", sql: ["CREATE TABLE invites (token TEXT NOT NULL UNIQUE, grants TEXT) STRICT"] },
  ],
}

export interface TestStorage extends ProjectStorage {
  readonly present: Set<string>
  /** Which call fails next, if any. */
  failing: "create" | "remove" | undefined
}

export interface Install {
  readonly clock: ManualClock
  readonly storage: TestStorage
  control: Control
  file: SqliteFile
  /** Makes an account, and the caller who is signed in with it. */
  person(name: string): Extract<Caller, { kind: "user" }>
  /** Makes a project with one member per role; an admin is among them when `roles` says so. */
  project(name: string, roles?: readonly Role[]): Promise<TestProject>
  restart(): Promise<void>
  databaseBytes(): Promise<Buffer>
  close(): Promise<void>
}

export interface TestProject {
  readonly project: Project
  readonly callers: Readonly<Record<Role, Extract<Caller, { kind: "user" }>>>
  access(role: Role): Access
}

export async function openInstall(options: { readonly limits?: Partial<ControlLimits> } = {}): Promise<Install> {
  const folder = await mkdtemp(join(tmpdir(), "ashlar-control-"))
  const clock = manualClock()
  const ids = createUuidv7(clock)
  const { people, add } = createPeople(ids, clock)
  const storage = createStorage()
  let engine = openSqlite()

  async function open(): Promise<Pick<Install, "control" | "file">> {
    const features = [controlFeature, inviteFeature]
    const file = await engine.open(join(folder, "system.db"), { kind: "system", features })
    const cursorKey = new Uint8Array(32).fill(7)
    const control = openControl({ ...options, file, clock, ids, cursorKey, people, storage })
    const create: Control["projects"]["create"] = async (caller, wish) => {
      if (caller.kind === "user") await control.organizations.openPersonal([caller.id])
      return await control.projects.create(caller, wish)
    }
    return { file, control: { ...control, projects: { ...control.projects, create } } }
  }

  const install: Install = {
    ...(await open()),
    clock,
    storage,
    person: add,
    project: (name, roles) => makeProject(install, name, roles),
    async restart() {
      await engine.close()
      engine = openSqlite()
      Object.assign(install, await open())
    },
    async databaseBytes() {
      const names = (await readdir(folder)).filter((name) => name.startsWith("system.db"))
      return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))))
    },
    async close() {
      await engine.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return install
}

async function makeProject(
  install: Install,
  name: string,
  roles: readonly Role[] = ["developer", "viewer"],
): Promise<TestProject> {
  const owner = install.person(`owner-of-${name}`)
  const admin = install.person(`admin-of-${name}`)
  const developer = install.person(`developer-of-${name}`)
  const viewer = install.person(`viewer-of-${name}`)
  const project = await install.control.projects.create(owner, { name })
  const callers = { owner, admin, developer, viewer }
  const access = (role: Role): Access => install.control.authorize(callers[role], project.id, { role: "viewer" })
  for (const role of roles) {
    await install.control.members.add(access("owner"), { email: callers[role].email, role })
  }
  return { project, callers, access }
}

const WEEK_MS = 7 * 24 * 60 * 60 * 1000

function createPeople(ids: () => string, clock: ManualClock): { people: People; add: Install["person"] } {
  const persons: Person[] = []
  return {
    add(name) {
      const person = { id: ids(), email: `${name}@example.org`, name }
      persons.push(person)
      return { kind: "user", id: person.id, email: person.email }
    },
    people: {
      find: (id) => persons.find((person) => person.id === id),
      findByEmail: (email) => persons.find((person) => person.email === email),
      prepareInvite({ email, scope, grants }) {
        const token = `in_${scope}_${email}`
        return {
          ...{ token, email, expiresAt: new Date(clock.now() + WEEK_MS).toISOString() },
          statements: [{ sql: "INSERT INTO invites VALUES (?, ?)", params: [token, JSON.stringify(grants)] }],
        }
      },
      withdrawInvite: "DELETE FROM invites WHERE token = 'in_' || ?2 || '_' || ?1",
    },
  }
}

function createStorage(): TestStorage {
  const storage: TestStorage = {
    present: new Set<string>(),
    failing: undefined,
    async create(projectId) {
      storage.present.add(projectId)
      if (storage.failing === "create") throw new RangeError("the storage failed to create")
    },
    async remove(projectId) {
      if (storage.failing === "remove") throw new RangeError("the storage failed to remove")
      storage.present.delete(projectId)
    },
  }
  return storage
}

export interface Failure {
  readonly code: string
  readonly status: number
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
}

export async function failureOf(call: () => unknown): Promise<Failure | undefined> {
  try {
    await call()
    return undefined
  } catch (error) {
    return error as Failure
  }
}

/** The code of the error that a call ends with, or "none". */
export async function codeOf(call: () => unknown): Promise<string> {
  return (await failureOf(call))?.code ?? "none"
}
