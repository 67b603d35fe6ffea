import {
  AlreadyMember,
  InvalidCursor,
  InvalidInput,
  KeyNotFound,
  KeyRevoked,
  LastOwner,
  LimitReached,
  MemberNotFound,
  needs,
  OrgNotFound,
  orgNeeds,
  SlugTaken,
} from "@ashlar/control"
import { InvalidInput as InvalidEmail } from "@ashlar/identity"
import {
  AuditEntry,
  AuditQuery,
  Key,
  KeyCreated,
  Member,
  MemberAdded,
  MemberPatch,
  NewKey,
  NewMember,
  NewProject,
  PageQuery,
  Project,
  ProjectPatch,
  ProjectTransfer,
  pageOf,
} from "@ashlar/protocol"
import type { Api } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import { pageRequest, present } from "../page-request.ts"
import type { Platform } from "../platform.ts"

/** Projects, their members, keys and audit trail. */
export function addProjectRoutes(app: Api, platform: Platform, { person, inProject }: Entries): void {
  const { control } = platform
  const tags = ["projects"]

  app.get(
    "/v1/projects",
    {
      name: "projects.list",
      tags,
      summary: "The projects of the person who asks",
      layers: [person],
      query: PageQuery,
      response: pageOf(Project),
      errors: [InvalidCursor],
    },
    (ctx) => control.projects.list(ctx.person, pageRequest(ctx.query)),
  )

  app.post(
    "/v1/projects",
    {
      name: "projects.create",
      tags,
      summary: "Make a project; it is usable when this answers",
      layers: [person],
      body: NewProject,
      response: { 201: Project },
      errors: [InvalidInput, SlugTaken, LimitReached, OrgNotFound],
    },
    async (ctx) => {
      const { name, slug, organization } = ctx.body
      const wish = { name, ...(slug !== undefined && { slug }), ...(organization !== undefined && { organization }) }
      return ctx.json(await control.projects.create(ctx.person, wish), 201)
    },
  )

  app.scope("/v1/projects/:project", (project) => {
    project.get(
      "/",
      {
        name: "projects.get",
        tags,
        summary: "One project",
        layers: [inProject(needs["project.read"])],
        response: Project,
      },
      (ctx) => control.projects.get(ctx.access),
    )

    project.patch(
      "/",
      {
        name: "projects.update",
        tags,
        summary: "Rename a project; its slug stays",
        layers: [inProject(needs["project.update"])],
        body: ProjectPatch,
        response: Project,
        errors: [InvalidInput],
      },
      (ctx) => control.projects.update(ctx.access, ctx.body),
    )

    project.delete(
      "/",
      {
        name: "projects.delete",
        tags,
        summary: "Delete a project with everything in it, for good",
        layers: [inProject(needs["project.delete"])],
        response: { 204: null },
      },
      async (ctx) => {
        await control.projects.delete(ctx.access)
        return ctx.empty()
      },
    )

    project.post(
      "/transfer",
      {
        name: "projects.transfer",
        tags,
        summary: "Give a project to another organization, of which one is admin or owner",
        layers: [inProject(needs["project.transfer"])],
        body: ProjectTransfer,
        response: Project,
        errors: [OrgNotFound],
      },
      async (ctx) => {
        const { caller, access } = ctx
        const to = control.organizations.authorize(caller, ctx.body.organization, orgNeeds["org.projects.change"])
        await control.organizations.transfer(access, to)
        return control.projects.get(control.authorize(caller, access.project.id, needs["project.read"]))
      },
    )

    addMemberRoutes(project, platform, inProject)
    addKeyRoutes(project, control, inProject)

    project.get(
      "/audit",
      {
        name: "audit.list",
        tags,
        summary: "Who changed what, latest first",
        layers: [inProject(needs["audit.list"])],
        query: AuditQuery,
        response: pageOf(AuditEntry),
        errors: [InvalidCursor, InvalidInput],
      },
      (ctx) => control.audit.list(ctx.access, present(ctx.query)),
    )
  })
}

function addMemberRoutes(project: Api, { control, invites }: Platform, inProject: Entries["inProject"]): void {
  const tags = ["members"]

  project.get(
    "/members",
    {
      name: "members.list",
      tags,
      summary: "The members of a project",
      layers: [inProject(needs["members.list"])],
      query: PageQuery,
      response: pageOf(Member),
      errors: [InvalidCursor],
    },
    (ctx) => control.members.list(ctx.access, pageRequest(ctx.query)),
  )

  project.post(
    "/members",
    {
      name: "members.add",
      tags,
      summary: "Add a person by email; without an account they get an invite, shown once and mailed",
      layers: [inProject(needs["members.change"])],
      body: NewMember,
      response: { 201: MemberAdded },
      errors: [AlreadyMember, LimitReached, InvalidInput, InvalidEmail],
    },
    async (ctx) => {
      const { project: place, actor } = ctx.access
      const { member, invite } = await control.members.add(ctx.access, ctx.body)
      if (invite === null) return ctx.json({ member, invite }, 201)
      const { email: to, ...rest } = invite
      const mailed = await invites.send({ to, ...rest, place: place.name, invitedBy: actor.label })
      return ctx.json({ member, invite: { ...invite, mailed } }, 201)
    },
  )

  project.patch(
    "/members/:user",
    {
      name: "members.update",
      tags,
      summary: "Change a member's role",
      layers: [inProject(needs["members.change"])],
      body: MemberPatch,
      response: Member,
      errors: [MemberNotFound, LastOwner],
    },
    (ctx) => control.members.changeRole(ctx.access, { userId: ctx.params.user, role: ctx.body.role }),
  )

  project.delete(
    "/members/:user",
    {
      name: "members.remove",
      tags,
      summary: "Remove a member; everybody may remove themselves",
      layers: [inProject(needs["members.leave"])],
      response: { 204: null },
      errors: [MemberNotFound, LastOwner],
    },
    async (ctx) => {
      await control.members.remove(ctx.access, { userId: ctx.params.user })
      return ctx.empty()
    },
  )
}

function addKeyRoutes(project: Api, control: Platform["control"], inProject: Entries["inProject"]): void {
  const tags = ["keys"]

  project.get(
    "/keys",
    {
      name: "keys.list",
      tags,
      summary: "The keys of a project, without their secrets",
      layers: [inProject(needs["keys.list"])],
      query: PageQuery,
      response: pageOf(Key),
      errors: [InvalidCursor],
    },
    (ctx) => control.keys.list(ctx.access, pageRequest(ctx.query)),
  )

  project.post(
    "/keys",
    {
      name: "keys.create",
      tags,
      summary: "Make a key; its secret is in this answer and nowhere else",
      layers: [inProject(needs["keys.change"])],
      body: NewKey,
      response: { 201: KeyCreated },
      errors: [InvalidInput, LimitReached],
    },
    async (ctx) => {
      const { expiresAt, scopes, ...key } = ctx.body
      const wish = { ...key, expiresAt: expiresAt ?? null, scopes: scopes ?? null }
      return ctx.json(await control.keys.create(ctx.access, wish), 201)
    },
  )

  project.post(
    "/keys/:key/rotate",
    {
      name: "keys.rotate",
      tags,
      summary: "Make a key in another's place, which ends at once",
      layers: [inProject(needs["keys.change"])],
      response: { 201: KeyCreated },
      errors: [KeyNotFound, KeyRevoked],
    },
    async (ctx) => ctx.json(await control.keys.rotate(ctx.access, { id: ctx.params.key }), 201),
  )

  project.delete(
    "/keys/:key",
    {
      name: "keys.revoke",
      tags,
      summary: "End a key at once",
      layers: [inProject(needs["keys.change"])],
      response: { 204: null },
      errors: [KeyNotFound],
    },
    async (ctx) => {
      await control.keys.revoke(ctx.access, { id: ctx.params.key })
      return ctx.empty()
    },
  )
}
