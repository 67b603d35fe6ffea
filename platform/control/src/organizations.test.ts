import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openSqlite } from "@ashlar/sqlite"
import type { Caller, Role } from "./access.ts"
import { controlFeature } from "./feature.ts"
import type { OrgAccess, OrgRole } from "./org-access.ts"
import type { HeldInvite, Organization } from "./organizations.ts"
import { anonymous, codeOf, failureOf, type Install, openInstall } from "./testing/install.ts"

type User = Extract<Caller, { kind: "user" }>
const ROLES: readonly OrgRole[] = ["owner", "admin", "member", "viewer"]

let install: Install
beforeAll(async () => {
  install = await openInstall()
})
afterAll(() => install.close())

interface Team {
  readonly org: Organization
  readonly people: Readonly<Record<OrgRole, User>>
  as(role: OrgRole): OrgAccess
}

const orgs = (): Install["control"]["organizations"] => install.control.organizations

/** What the invite of this address would be in the hands of whoever has its link. */
function held(email: string): HeldInvite {
  const row = install.file.get<{ token: string; grants: string }>(
    "SELECT token, grants FROM invites WHERE token LIKE 'in_org/%' AND token LIKE ?",
    [`%_${email}`],
  )
  if (!row) throw new TypeError(`no link for ${email}`)
  const statements = [{ sql: "DELETE FROM invites WHERE token = ?", params: [row.token] }]
  return { scope: "", grants: JSON.parse(row.grants), statements }
}

async function enlist(access: OrgAccess, user: User, role: OrgRole): Promise<void> {
  await orgs().invite(access, { email: user.email, role })
  await orgs().join(user, held(user.email))
}

/** An organization with one person per role. */
async function team(name: string): Promise<Team> {
  const [owner, admin, member, viewer] = ROLES.map((role) => install.person(`${role}-at-${name}`))
  const people = { owner: owner!, admin: admin!, member: member!, viewer: viewer! }
  const org = await orgs().create(people.owner, { name })
  const as = (role: OrgRole): OrgAccess => orgs().authorize(people[role], org.id, "viewer")
  for (const role of ["admin", "member", "viewer"] as const) await enlist(as("owner"), people[role], role)
  return { org, people, as }
}

function trail(id: string, action: string): { target: string; details: Record<string, unknown> }[] {
  const sql = "SELECT target, details FROM control_audit WHERE project_id = ? AND action = ? ORDER BY n"
  const rows = install.file.all<{ target: string; details: string }>(sql, [id, action])
  return rows.map(({ target, details }) => ({ target, details: JSON.parse(details) }))
}

describe("one's own organization", () => {
  test("is called like its person, is found as `personal`, and takes nobody else", async () => {
    const ada = install.person("ada")
    await install.file.write([...orgs().forAccount(ada), ...orgs().forAccount(ada)])
    expect(await orgs().openPersonal([ada.id])).toBe(0)
    const own = orgs().authorize(ada, "personal", "owner")
    expect(orgs().list(ada).items).toEqual([orgs().get(own)])
    expect(orgs().get(own)).toMatchObject({ id: ada.id, slug: "personal", name: "ada", personal: true, role: "owner" })
    expect(await codeOf(() => orgs().invite(own, { email: "x@example.org", role: "viewer" }))).toBe(
      "CONTROL_ORG_PERSONAL",
    )
    expect(await codeOf(() => orgs().delete(own))).toBe("CONTROL_ORG_PERSONAL")
    expect(await codeOf(() => orgs().remove(own, { userId: ada.id }))).toBe("CONTROL_ORG_PERSONAL")
    expect(await codeOf(() => orgs().changeRole(own, { userId: ada.id, role: "viewer" }))).toBe("CONTROL_LAST_OWNER")
    expect((await orgs().rename(own, { name: " Ada's " })).name).toBe("Ada's")
    expect(orgs().authorize(ada, ada.id, "viewer").organization.name).toBe("Ada's")
  })

  test("is found by nobody else, under any name", async () => {
    const [bob, eve] = [install.person("bob"), install.person("eve")]
    await orgs().openPersonal([bob.id, eve.id])
    expect(orgs().authorize(eve, "personal", "viewer").organization.id).toBe(eve.id)
    for (const ref of [bob.id, "bob", "", "%", "' OR 1=1 --", "x".repeat(100_000)]) {
      expect(await codeOf(() => orgs().authorize(eve, ref, "viewer"))).toBe("CONTROL_ORG_NOT_FOUND")
    }
  })

  test("is what projects of earlier releases go to: that of who owned them first; others stay in the project", async () => {
    const folder = await mkdtemp(join(tmpdir(), "ashlar-control-"))
    const path = join(folder, "system.db")
    const engine = openSqlite()
    const before = { ...controlFeature, migrations: controlFeature.migrations.slice(0, 3) }
    const old = await engine.open(path, { kind: "system", features: [before] })
    const member = "INSERT INTO control_members (project_id, account_id, role, joined_at) VALUES (?, ?, ?, ?)"
    await old.write([
      { sql: "INSERT INTO control_projects (id, slug, name, created_at) VALUES ('p', 'atlas', 'Atlas', 5)" },
      { sql: member, params: ["p", "early", "developer", 4] },
      { sql: member, params: ["p", "first", "owner", 5] },
      { sql: member, params: ["p", "second", "owner", 6] },
    ])
    await engine.close()
    const next = openSqlite()
    const file = await next.open(path, { kind: "system", features: [controlFeature] })
    expect(file.all("SELECT id, slug, name, org_id FROM control_projects")).toEqual([
      { id: "p", slug: "atlas", name: "Atlas", org_id: "first" },
    ])
    const personal = ["early", "first", "second"].map((id) => ({ org_id: id, account_id: id, role: "owner" }))
    expect(file.all("SELECT org_id, account_id, role FROM control_org_members ORDER BY org_id")).toEqual(personal)
    expect(file.all("SELECT account_id, role FROM control_members ORDER BY n")).toEqual([
      { account_id: "early", role: "developer" },
      { account_id: "first", role: "owner" },
      { account_id: "second", role: "owner" },
    ])
    await next.close()
    await rm(folder, { recursive: true, force: true })
  })
})

describe("a role in an organization", () => {
  test("holds in all of its projects, and in no other; a project may give a higher one", async () => {
    const { org, people, as } = await team("Bridges")
    const { projects, members } = install.control
    const project = await projects.create(people.admin, { name: "Span", organization: org.slug })
    expect(project).toMatchObject({ role: "admin", organization: { id: org.id, name: "Bridges" } })
    const seen = (user: User): Role | null => install.control.authorize(user, project.id, { role: "viewer" }).role
    const roles = { owner: "owner", admin: "admin", member: "developer", viewer: "viewer" } as const
    for (const role of ROLES) {
      expect(seen(people[role])).toBe(roles[role])
      expect(projects.list(people[role]).items.find(({ id }) => id === project.id)?.role).toBe(roles[role])
    }
    const access = install.control.authorize(people.owner, project.id, { role: "owner" })
    await members.add(access, { email: people.viewer.email, role: "admin" })
    expect(seen(people.viewer)).toBe("admin")
    expect(projects.list(people.viewer).items.filter(({ id }) => id === project.id)).toHaveLength(1)
    await orgs().changeRole(as("owner"), { userId: people.member.id, role: "viewer" })
    expect(seen(people.member)).toBe("viewer")
    const elsewhere = await install.project("elsewhere")
    expect(await codeOf(() => install.control.authorize(people.owner, elsewhere.project.id, { role: "viewer" }))).toBe(
      "CONTROL_PROJECT_NOT_FOUND",
    )
    const guest = install.person("guest")
    await members.add(access, { email: guest.email, role: "developer" })
    expect(await codeOf(() => orgs().authorize(guest, org.id, "viewer"))).toBe("CONTROL_ORG_NOT_FOUND")
  })

  test("ends with the membership, in every project, and takes the person's invites along", async () => {
    const { org, people, as } = await team("Quays")
    const project = await install.control.projects.create(people.owner, { name: "Quay", organization: org.id })
    const access = install.control.authorize(people.owner, project.id, { role: "owner" })
    await install.control.members.add(access, { email: people.admin.email, role: "owner" })
    const late = install.person("late")
    await orgs().invite(as("admin"), { email: late.email, role: "member" })
    const link = held(late.email)
    await orgs().remove(as("owner"), { userId: people.admin.id })
    expect(await codeOf(() => install.control.authorize(people.admin, project.id, { role: "viewer" }))).toBe(
      "CONTROL_PROJECT_NOT_FOUND",
    )
    expect(() => held(late.email)).toThrow("no link")
    expect(await codeOf(() => orgs().join(late, link))).toBe("CONTROL_INVITE_NOT_FOUND")
    await install.file.write(orgs().accept({ grants: link.grants, user: late }))
    expect(orgs().list(late).items).toEqual([])
  })

  const rank = (role: OrgRole): number => ROLES.length - ROLES.indexOf(role)
  for (const own of ROLES) {
    test(`${own}: gives, changes and takes what it reaches, and no more`, async () => {
      const { people, as } = await team(`Ranks of ${own}`)
      for (const role of ROLES) {
        const may = rank(own) >= rank("admin") && rank(own) >= rank(role)
        const expected = may ? "none" : "CONTROL_FORBIDDEN"
        const email = `${own}-${role}@example.org`
        expect([role, await codeOf(() => orgs().invite(as(own), { email, role }))]).toEqual([role, expected])
        if (may) continue
        // One made by somebody who may is not withdrawn by somebody who may not.
        const { invite } = await orgs().invite(as("owner"), { email, role })
        expect(await codeOf(() => orgs().withdraw(as(own), { id: invite.id }))).toBe("CONTROL_FORBIDDEN")
        expect(await codeOf(() => orgs().changeRole(as(own), { userId: people[own].id, role }))).toBe(
          "CONTROL_FORBIDDEN",
        )
      }
      const above = ROLES.filter((role) => rank(role) > rank(own))
      for (const role of above) {
        const userId = people[role].id
        expect(await codeOf(() => orgs().changeRole(as(own), { userId, role: "viewer" }))).toBe("CONTROL_FORBIDDEN")
        expect(await codeOf(() => orgs().remove(as(own), { userId }))).toBe("CONTROL_FORBIDDEN")
      }
    })
  }

  test("that was taken away a moment ago is gone, whatever was asked before", async () => {
    const { org, people, as } = await team("Stale")
    const stale = as("admin")
    const second = install.person("second-at-stale")
    await enlist(as("owner"), second, "owner")
    const staleOwner = orgs().authorize(second, org.id, "owner")
    await orgs().changeRole(as("owner"), { userId: people.admin.id, role: "viewer" })
    await orgs().remove(as("owner"), { userId: second.id })
    const { id: userId } = people.member
    for (const call of [
      () => orgs().invite(stale, { email: "more@example.org", role: "viewer" }),
      () => orgs().changeRole(stale, { userId, role: "viewer" }),
      () => orgs().remove(stale, { userId }),
      () => orgs().rename(stale, { name: "Mine" }),
    ]) {
      expect(await codeOf(call)).toBe("CONTROL_FORBIDDEN")
    }
    for (const call of [
      () => orgs().delete(staleOwner),
      () => orgs().changeRole(staleOwner, { userId: second.id, role: "owner" }),
    ]) {
      expect(await codeOf(call)).toBe("CONTROL_ORG_NOT_FOUND")
    }
  })

  test.each(["developer", "", "OWNER", "constructor", undefined, 7])("is not %p", async (role) => {
    const { people, as } = await team(`Odd ${String(role)}`)
    const wish = role as OrgRole
    expect(await codeOf(() => orgs().invite(as("owner"), { email: "x@example.org", role: wish }))).toBe(
      "CONTROL_INVALID_INPUT",
    )
    expect(await codeOf(() => orgs().changeRole(as("owner"), { userId: people.viewer.id, role: wish }))).toBe(
      "CONTROL_INVALID_INPUT",
    )
  })
})

describe("an organization that is handed over", () => {
  test("has another owner in one step, and whoever had it is admin without the invites of an owner", async () => {
    const { org, people, as } = await team("Handed")
    await orgs().invite(as("owner"), { email: "owner2@example.org", role: "owner" })
    await orgs().invite(as("owner"), { email: "viewer2@example.org", role: "viewer" })
    expect(await orgs().handOver(as("owner"), { userId: people.member.id })).toMatchObject({
      id: org.id,
      role: "admin",
    })
    expect([as("member").role, as("owner").role, as("admin").role]).toEqual(["owner", "admin", "admin"])
    expect(
      orgs()
        .invites(as("member"))
        .items.map(({ email }) => email),
    ).toEqual(["viewer2@example.org"])
    expect(trail(org.id, "org.hand-over")).toEqual([
      { target: people.member.email, details: { userId: people.member.id, before: "member" } },
    ])
    expect(await codeOf(() => orgs().handOver(as("owner"), { userId: people.owner.id }))).toBe("CONTROL_FORBIDDEN")
  })

  test("stays with whoever is no owner any more, names nobody outside, or oneself", async () => {
    const { org, people, as } = await team("Kept")
    const stale = as("owner")
    const stranger = install.person("stranger-at-kept")
    expect(await codeOf(() => orgs().handOver(stale, { userId: stranger.id }))).toBe("CONTROL_MEMBER_NOT_FOUND")
    expect(await orgs().handOver(stale, { userId: people.owner.id })).toMatchObject({ role: "owner" })
    for (const role of ["admin", "member", "viewer"] as const)
      expect(await codeOf(() => orgs().handOver(as(role), { userId: people[role].id }))).toBe("CONTROL_FORBIDDEN")
    const outcomes = await Promise.all(
      [people.admin, people.member].map(({ id: userId }) => codeOf(() => orgs().handOver(stale, { userId }))),
    )
    expect(outcomes.toSorted()).toEqual(["CONTROL_FORBIDDEN", "none"])
    const sql = "SELECT count(*) AS owners FROM control_org_members WHERE org_id = ? AND role = 'owner'"
    expect(install.file.get<{ owners: number }>(sql, [org.id])).toEqual({ owners: 1 })
    await orgs().openPersonal([stranger.id])
    const own = orgs().authorize(stranger, "personal", "owner")
    expect(await codeOf(() => orgs().handOver(own, { userId: stranger.id }))).toBe("CONTROL_ORG_PERSONAL")
  })
})

describe("the last owner", () => {
  test("neither leaves nor is demoted; another may", async () => {
    const { people, as } = await team("Last")
    const userId = people.owner.id
    for (const call of [
      () => orgs().remove(as("owner"), { userId }),
      () => orgs().changeRole(as("owner"), { userId, role: "admin" }),
    ]) {
      expect(await failureOf(call)).toMatchObject({ code: "CONTROL_LAST_OWNER", status: 409 })
    }
    await orgs().changeRole(as("owner"), { userId: people.member.id, role: "owner" })
    await orgs().remove(as("owner"), { userId })
    expect(await codeOf(() => as("owner"))).toBe("CONTROL_ORG_NOT_FOUND")
  })

  test.each(["remove each other", "demote each other", "leave"])("is left over when two %s at once", async (way) => {
    const { org, people, as } = await team(`Duel ${way}`)
    await orgs().changeRole(as("owner"), { userId: people.admin.id, role: "owner" })
    const duel = [
      [as("owner"), way === "leave" ? people.owner.id : people.admin.id],
      [as("admin"), way === "leave" ? people.admin.id : people.owner.id],
    ] as const
    const outcomes = await Promise.all(
      duel.map(([access, userId]) =>
        codeOf(() =>
          way.startsWith("demote")
            ? orgs().changeRole(access, { userId, role: "viewer" })
            : orgs().remove(access, { userId }),
        ),
      ),
    )
    expect(outcomes.filter((code) => code === "none")).toHaveLength(1)
    const sql = "SELECT count(*) AS owners FROM control_org_members WHERE org_id = ? AND role = 'owner'"
    expect(install.file.get<{ owners: number }>(sql, [org.id])).toEqual({ owners: 1 })
  })
})

describe("an invite", () => {
  test("is listed until it is used, without its token, and joins whoever it is for, once", async () => {
    const { org, people, as } = await team("Inviting")
    const zoe = install.person("zoe")
    const { invite, token } = await orgs().invite(as("admin"), { email: zoe.email, role: "member" })
    expect(orgs().invites(as("owner")).items).toEqual([invite])
    expect(invite.invitedBy).toBe(people.admin.email)
    expect(JSON.stringify([orgs().invites(as("owner")), orgs().audit(as("viewer"))])).not.toContain(token)
    const link = held(zoe.email)
    const joins = await Promise.all([codeOf(() => orgs().join(zoe, link)), codeOf(() => orgs().join(zoe, link))])
    expect(joins.toSorted()).toEqual(["CONTROL_INVITE_NOT_FOUND", "none"])
    expect(orgs().authorize(zoe, org.slug, "viewer").role).toBe("member")
    expect(orgs().invites(as("owner")).items).toEqual([])
    expect(trail(org.id, "org.member.join").at(-1)).toMatchObject({
      target: zoe.email,
      details: { role: "member", invitedBy: people.admin.id },
    })
    expect(await codeOf(() => orgs().invite(as("owner"), { email: zoe.email, role: "owner" }))).toBe(
      "CONTROL_ALREADY_MEMBER",
    )
  })

  test("is nothing to another person, to a key, to nobody, or with other words than it was made with", async () => {
    const { org, as } = await team("Strangers")
    const [kim, eve] = [install.person("kim"), install.person("eve-the-thief")]
    await orgs().invite(as("owner"), { email: kim.email, role: "viewer" })
    const link = held(kim.email)
    expect(await codeOf(() => orgs().join(eve, link))).toBe("CONTROL_INVITE_NOT_FOUND")
    expect(await codeOf(() => orgs().join(anonymous, link))).toBe("CONTROL_CREDENTIALS_NEEDED")
    const other = await team("Others")
    for (const grants of [
      {},
      { ...link.grants, orgId: other.org.id },
      { ...link.grants, inviteId: "x" },
      { orgId: 7 },
    ]) {
      expect(await codeOf(() => orgs().join(kim, { ...link, grants }))).toBe("CONTROL_INVITE_NOT_FOUND")
    }
    // What the link says of a role is for the history only.
    await orgs().join(kim, { ...link, grants: { ...link.grants, role: "owner" } })
    expect(orgs().authorize(kim, org.id, "viewer").role).toBe("viewer")
  })

  test("that is replaced, withdrawn or too old brings nobody in, neither by account nor by sign-up", async () => {
    const { as } = await team("Gone")
    const lou = install.person("lou")
    const enter = async (link: HeldInvite): Promise<string> => {
      await install.file.write(orgs().accept({ grants: link.grants, user: lou }))
      return await codeOf(() => orgs().join(lou, link))
    }
    await orgs().invite(as("owner"), { email: lou.email, role: "admin" })
    const replaced = held(lou.email)
    await install.file.write(replaced.statements)
    const { invite } = await orgs().invite(as("owner"), { email: lou.email, role: "viewer" })
    const withdrawn = held(lou.email)
    expect(await enter(replaced)).toBe("CONTROL_INVITE_NOT_FOUND")
    const elsewhere = await team("Withdrawing elsewhere")
    expect(await codeOf(() => orgs().withdraw(elsewhere.as("owner"), { id: invite.id }))).toBe(
      "CONTROL_INVITE_NOT_FOUND",
    )
    await orgs().withdraw(as("admin"), { id: invite.id })
    expect(await enter(withdrawn)).toBe("CONTROL_INVITE_NOT_FOUND")
    await orgs().invite(as("owner"), { email: lou.email, role: "viewer" })
    const old = held(lou.email)
    install.clock.advance(8 * 24 * 60 * 60 * 1000)
    expect(await enter(old)).toBe("CONTROL_INVITE_NOT_FOUND")
    expect(orgs().invites(as("owner")).items).toEqual([])
    expect(orgs().list(lou).items).toEqual([])
  })

  test("makes a member of somebody who signs up with it, once, with its line of history", async () => {
    const { org, people, as } = await team("Signing up")
    await orgs().invite(as("owner"), { email: "new@example.org", role: "member" })
    const { grants } = held("new@example.org")
    const user = install.person("new")
    const statements = orgs().accept({ grants, user })
    await install.file.write(statements)
    expect(orgs().authorize(user, org.id, "viewer").role).toBe("member")
    expect(orgs().invites(as("owner")).items).toEqual([])
    expect(trail(org.id, "org.member.join").at(-1)).toEqual({
      target: user.email,
      details: { userId: user.id, role: "member", invitedBy: people.owner.email },
    })
    await install.file.write(orgs().accept({ grants, user: install.person("copy") }))
    expect(orgs().members(as("owner")).items).toHaveLength(5)
  })

  test("finds no place where all are taken", async () => {
    const small = await openInstall({ limits: { membersPerOrganization: 1, invitesPerOrganization: 1 } })
    const [ann, ben] = [small.person("ann"), small.person("ben")]
    const { organizations } = small.control
    const { id } = await organizations.create(ann, { name: "Small" })
    const access = organizations.authorize(ann, id, "owner")
    await organizations.invite(access, { email: ben.email, role: "viewer" })
    const more = { email: "more@example.org", role: "viewer" } as const
    expect(await codeOf(() => organizations.invite(access, more))).toBe("CONTROL_LIMIT_REACHED")
    const grants = JSON.parse(small.file.get<{ grants: string }>("SELECT grants FROM invites")!.grants)
    expect(await codeOf(() => organizations.join(ben, { scope: "", grants, statements: [] }))).toBe(
      "CONTROL_LIMIT_REACHED",
    )
    await small.file.write(organizations.accept({ grants, user: ben }))
    expect(organizations.members(access).items).toHaveLength(1)
    await small.close()
  })
})

describe("a transfer", () => {
  test("takes an owner of the project who is admin where it goes; roles of the old organization end, the project's own stay", async () => {
    const [from, to] = [await team("Giving"), await team("Getting")]
    const { projects, members, authorize } = install.control
    const project = await projects.create(from.people.owner, { name: "Gift", organization: from.org.id })
    const gift = (user: User) => authorize(user, project.id, { role: "viewer" })
    const guest = install.person("guest-of-gift")
    await members.add(gift(from.people.owner), { email: guest.email, role: "developer" })
    const into = (user: User, ref: string): OrgAccess => orgs().authorize(user, ref, "viewer")

    // An admin of the project may not give it away, not even to where they own all.
    const theirs = await orgs().create(from.people.admin, { name: "Theirs" })
    const steal = (): Promise<void> => orgs().transfer(gift(from.people.admin), into(from.people.admin, theirs.id))
    expect(await codeOf(steal)).toBe("CONTROL_FORBIDDEN")
    // Nobody puts a project where they are a mere member, or nobody.
    await enlist(to.as("owner"), from.people.owner, "member")
    const push = (): Promise<void> => orgs().transfer(gift(from.people.owner), into(from.people.owner, to.org.id))
    expect(await codeOf(push)).toBe("CONTROL_FORBIDDEN")
    await orgs().changeRole(to.as("owner"), { userId: from.people.owner.id, role: "admin" })
    const stale = into(from.people.owner, to.org.id)
    await orgs().changeRole(to.as("owner"), { userId: from.people.owner.id, role: "viewer" })
    expect(await codeOf(() => orgs().transfer(gift(from.people.owner), stale))).toBe("CONTROL_FORBIDDEN")
    await orgs().changeRole(to.as("owner"), { userId: from.people.owner.id, role: "admin" })
    await push()

    expect(projects.get(gift(to.people.viewer))).toMatchObject({ role: "viewer", organization: { id: to.org.id } })
    expect(gift(from.people.owner).role).toBe("admin")
    expect(gift(guest).role).toBe("developer")
    expect(await codeOf(() => gift(from.people.admin))).toBe("CONTROL_PROJECT_NOT_FOUND")
    for (const id of [from.org.id, to.org.id]) expect(trail(id, "org.project.transfer")).toHaveLength(1)
    expect(trail(project.id, "project.transfer")).toMatchObject([{ details: { from: from.org.id, to: to.org.id } }])
  })

  test("leaves one's own project with its person as an owner, until another owner removes them", async () => {
    const mine = await install.project("mine")
    const { owner } = mine.callers
    const org = await orgs().create(owner, { name: "Shared" })
    const other = install.person("other-owner-of-shared")
    const access = orgs().authorize(owner, org.id, "owner")
    await enlist(access, other, "owner")
    await orgs().transfer(mine.access("owner"), access)
    await orgs().remove(orgs().authorize(other, org.id, "owner"), { userId: owner.id })
    expect(await codeOf(() => mine.access("owner"))).toBe("CONTROL_PROJECT_NOT_FOUND")
    expect(install.control.authorize(other, mine.project.id, { role: "owner" }).role).toBe("owner")
  })
})

describe("an organization", () => {
  test("has a slug of its own, keeps it when renamed, and is deleted only when empty, with its invites", async () => {
    const { org, people, as } = await team("Über Brücken")
    expect(org.slug).toBe("uber-brucken")
    const twin = await orgs().create(people.owner, { name: "Über Brücken" })
    expect(twin.slug).toBe("uber-brucken-2")
    expect(await orgs().create(people.owner, { name: "Personal" })).toMatchObject({ slug: "organization-personal" })
    const project = await install.control.projects.create(people.owner, { name: "Full", organization: org.id })
    expect(await codeOf(() => orgs().delete(as("owner")))).toBe("CONTROL_ORG_NOT_EMPTY")
    await install.control.projects.delete(install.control.authorize(people.owner, project.id, { role: "owner" }))
    const pat = install.person("pat")
    await orgs().invite(as("owner"), { email: pat.email, role: "viewer" })
    const link = held(pat.email)
    await orgs().delete(as("owner"))
    expect(await codeOf(() => orgs().join(pat, link))).toBe("CONTROL_INVITE_NOT_FOUND")
    for (const role of ROLES) {
      const ref = org.slug
      expect(await codeOf(() => orgs().authorize(people[role], ref, "viewer"))).toBe("CONTROL_ORG_NOT_FOUND")
    }
    expect(await codeOf(() => install.control.projects.create(people.owner, { name: "x", organization: org.id }))).toBe(
      "CONTROL_ORG_NOT_FOUND",
    )
  })

  test("that is deleted while a project is made in it has the project, or is gone without it", async () => {
    const ida = install.person("ida")
    for (let round = 0; round < 5; round++) {
      const { id } = await orgs().create(ida, { name: "Race" })
      const [made, gone] = await Promise.all([
        codeOf(() => install.control.projects.create(ida, { name: "Runner", organization: id })),
        codeOf(() => orgs().delete(orgs().authorize(ida, id, "owner"))),
      ])
      expect([made === "none", gone === "none"].filter(Boolean)).toHaveLength(1)
    }
    const orphans = "SELECT id FROM control_projects WHERE org_id NOT IN (SELECT id FROM control_orgs)"
    expect(install.file.all(orphans)).toEqual([])
  })

  test("takes new projects from its admins and owners only", async () => {
    const { org, people } = await team("Makers")
    for (const role of ROLES) {
      const code = await codeOf(() =>
        install.control.projects.create(people[role], { name: "Made", organization: org.id }),
      )
      expect([role, code]).toEqual([role, role === "owner" || role === "admin" ? "none" : "CONTROL_FORBIDDEN"])
    }
  })

  test("is one of as many as a person may own", async () => {
    const small = await openInstall({ limits: { organizationsPerPerson: 2 } })
    const max = small.person("max")
    await small.control.organizations.openPersonal([max.id])
    await small.control.organizations.create(max, { name: "One" })
    expect(await codeOf(() => small.control.organizations.create(max, { name: "Two" }))).toBe("CONTROL_LIMIT_REACHED")
    await small.close()
  })

  test("tells its lists in pages, with cursors that are good for it only", async () => {
    const [one, two] = [await team("Pages"), await team("Other pages")]
    const first = orgs().members(one.as("viewer"), { limit: 3 })
    const rest = orgs().members(one.as("viewer"), { limit: 3, cursor: first.next! })
    expect([first.items.length, rest.items.length, rest.next]).toEqual([3, 1, null])
    const cursor = first.next!
    for (const call of [
      () => orgs().members(two.as("viewer"), { cursor }),
      () => orgs().invites(one.as("admin"), { cursor }),
      () => orgs().audit(one.as("viewer"), { cursor }),
      () => orgs().list(one.people.owner, { cursor }),
    ]) {
      expect(await codeOf(call)).toBe("CONTROL_INVALID_CURSOR")
    }
    expect(await codeOf(() => orgs().invites(one.as("member")))).toBe("CONTROL_FORBIDDEN")
    expect(await codeOf(() => orgs().list(anonymous))).toBe("CONTROL_CREDENTIALS_NEEDED")
  })
})
