import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Caller } from "./access.ts"
import { anonymous, codeOf, failureOf, type Install, openInstall } from "./testing/install.ts"

/** Organizations that ask a second factor of their members. */

let install: Install
beforeAll(async () => {
  install = await openInstall()
})
afterAll(() => install.close())

type User = Extract<Caller, { kind: "user" }>
const NEEDED = "CONTROL_MFA_REQUIRED"
const shown = (user: User): User => ({ ...user, mfa: true })

interface Place {
  readonly owner: User
  readonly admin: User
  readonly orgId: string
  readonly projectId: string
}

/** An organization with a project, an owner who has shown a factor, and an admin, who comes by an invite. */
async function raise(name: string): Promise<Place> {
  const { control } = install
  const [owner, admin] = [install.person(`owner-of-${name}`), install.person(`admin-of-${name}`)]
  const { id: orgId } = await control.organizations.create(owner, { name })
  const access = control.organizations.authorize(owner, orgId, "owner")
  await control.organizations.invite(access, { email: admin.email, role: "admin" })
  await join(admin)
  const { id: projectId } = await control.projects.create(owner, { name, organization: orgId })
  return { owner, admin, orgId, projectId }
}

async function join(user: User): Promise<void> {
  const sql = "SELECT token, grants FROM invites WHERE token LIKE ?"
  const row = install.file.get<{ token: string; grants: string }>(sql, [`%_${user.email}`])!
  await install.control.organizations.join(user, { scope: "", grants: JSON.parse(row.grants), statements: [] })
}

const demand = async ({ owner, orgId }: Place, requireMfa = true): Promise<void> => {
  const { organizations } = install.control
  await organizations.setRequireMfa(organizations.authorize(shown(owner), orgId, "owner"), requireMfa)
}

test("members without a factor reach nothing of it, and are told why", async () => {
  const place = await raise("Quarry")
  const { admin, orgId, projectId } = place
  const { organizations, projects, authorize } = install.control
  await demand(place)
  expect(await failureOf(() => organizations.authorize(admin, orgId, "viewer"))).toMatchObject({
    ...{ code: NEEDED, status: 403, details: { organizationId: orgId } },
  })
  expect(await codeOf(() => authorize(admin, projectId, { role: "viewer" }))).toBe(NEEDED)
  expect(await codeOf(() => projects.create(admin, { name: "Another", organization: orgId }))).toBe(NEEDED)
  expect(projects.list(admin).items).toEqual([])
  // That they are in it, and what it asks, they must know to do as it asks.
  const [known] = organizations.list(admin).items.filter(({ id }) => id === orgId)
  expect(known).toMatchObject({ role: "admin", requireMfa: true })
  expect(organizations.authorize(shown(admin), orgId, "admin").role).toBe("admin")
  expect(authorize(shown(admin), projectId, { role: "viewer" }).role).toBe("admin")
  expect(projects.list(shown(admin)).items.map(({ id }) => id)).toEqual([projectId])
  await demand(place, false)
  expect(authorize(admin, projectId, { role: "viewer" }).role).toBe("admin")
})

test("somebody of one of its projects alone is asked as well, and no key is", async () => {
  const place = await raise("Kiln")
  const { owner, projectId } = place
  const { control } = install
  const guest = install.person("guest-of-kiln")
  const access = control.authorize(owner, projectId, { role: "owner" })
  await control.members.add(access, { email: guest.email, role: "viewer" })
  const { secret } = await control.keys.create(access, { kind: "secret", name: "server" })
  await demand(place)
  expect(await codeOf(() => control.authorize(guest, projectId, { role: "viewer" }))).toBe(NEEDED)
  const key = control.keys.authenticate(secret)
  expect(control.authorize(key, projectId, { role: "viewer", key: "secret" }).as).toBe("secret")
})

test("whoever is no member learns nothing by it", async () => {
  const place = await raise("Mortar")
  const stranger = install.person("stranger-to-mortar")
  await demand(place)
  const { organizations, authorize } = install.control
  expect(await codeOf(() => organizations.authorize(stranger, place.orgId, "viewer"))).toBe("CONTROL_ORG_NOT_FOUND")
  expect(await codeOf(() => authorize(stranger, place.projectId, { role: "viewer" }))).toBe("CONTROL_PROJECT_NOT_FOUND")
  const nobody = await codeOf(() => authorize(anonymous, place.projectId, { role: "viewer" }))
  expect(nobody).toBe("CONTROL_CREDENTIALS_NEEDED")
})

test("an owner asks for it who has shown theirs, and nobody else; it is in the trail once", async () => {
  const place = await raise("Lime")
  const { organizations } = install.control
  const { owner, admin, orgId } = place
  const as = (who: User) => organizations.authorize(who, orgId, "viewer")
  expect(await codeOf(() => organizations.setRequireMfa(as(shown(admin)), true))).toBe("CONTROL_FORBIDDEN")
  expect(await codeOf(() => organizations.setRequireMfa(as(owner), true))).toBe(NEEDED)
  expect(as(admin).organization.requireMfa).toBe(false)
  await demand(place)
  await demand(place)
  const trail = organizations.audit(as(shown(owner))).items.filter(({ action }) => action === "org.update")
  expect(trail.map(({ actor, target, details }) => [actor.label, target, details])).toEqual([
    [owner.email, "lime", { requireMfa: true }],
  ])
})

test("whoever is asked to join joins, and is asked for a factor then", async () => {
  const place = await raise("Slate")
  const { owner, orgId } = place
  const { organizations } = install.control
  const late = install.person("late-to-slate")
  const access = organizations.authorize(owner, orgId, "owner")
  await organizations.invite(access, { email: late.email, role: "member" })
  await demand(place)
  await join(late)
  expect(await codeOf(() => organizations.authorize(late, orgId, "viewer"))).toBe(NEEDED)
  expect(organizations.authorize(shown(late), orgId, "member").role).toBe("member")
})
