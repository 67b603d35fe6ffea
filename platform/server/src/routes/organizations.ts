import {
  AlreadyMember,
  InvalidCursor,
  InvalidInput,
  InviteNotFound,
  LastOwner,
  LimitReached,
  MemberNotFound,
  MfaRequired,
  OrgNotEmpty,
  OrgPersonal,
  orgNeeds,
} from "@ashlar/control"
import { InvalidInput as InvalidEmail, InviteForAnother, InviteSpent } from "@ashlar/identity"
import {
  AuditEntry,
  AuditQuery,
  InviteToken,
  NewOrganization,
  NewOrgInvite,
  Organization,
  OrganizationPatch,
  OrgHandOver,
  OrgInvite,
  OrgInvited,
  OrgMember,
  OrgMemberPatch,
  PageQuery,
  pageOf,
} from "@ashlar/protocol"
import type { Api } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import { pageRequest, present } from "../page-request.ts"
import type { Platform } from "../platform.ts"

type Orgs = Platform["control"]["organizations"]

/** Organizations, who is in them, and who is asked to join. */
export function addOrganizationRoutes(app: Api, platform: Platform, entries: Entries): void {
  const { control, identity } = platform
  const { person } = entries
  const orgs = control.organizations
  const tags = ["organizations"]

  app.get(
    "/v1/orgs",
    {
      name: "orgs.list",
      tags,
      summary: "The organizations of the person who asks, their own among them",
      layers: [person],
      query: PageQuery,
      response: pageOf(Organization),
      errors: [InvalidCursor],
    },
    (ctx) => orgs.list(ctx.person, pageRequest(ctx.query)),
  )

  app.post(
    "/v1/orgs",
    {
      name: "orgs.create",
      tags,
      summary: "Make an organization, and own it",
      layers: [person],
      body: NewOrganization,
      response: { 201: Organization },
      errors: [InvalidInput, LimitReached],
    },
    async (ctx) => ctx.json(await orgs.create(ctx.person, ctx.body), 201),
  )

  app.post(
    "/v1/orgs/join",
    {
      name: "orgs.join",
      tags,
      summary: "Accept an invite with its token, for a person who has an account",
      layers: [person],
      body: InviteToken,
      response: Organization,
      errors: [InviteSpent, InviteForAnother, InviteNotFound, AlreadyMember, LimitReached],
    },
    (ctx) => orgs.join(ctx.person, identity.people.findInvite(ctx.body.token, ctx.person)),
  )

  app.scope("/v1/orgs/:org", (org) => {
    addOrgRoutes(org, orgs, entries)
    addOrgMemberRoutes(org, orgs, entries)
    addOrgInviteRoutes(org, platform, entries)
  })
}

function addOrgRoutes(org: Api, orgs: Orgs, { inOrganization }: Entries): void {
  const tags = ["organizations"]

  org.get(
    "/",
    {
      name: "orgs.get",
      tags,
      summary: "One organization",
      layers: [inOrganization(orgNeeds["org.read"])],
      response: Organization,
    },
    (ctx) => orgs.get(ctx.organization),
  )

  org.patch(
    "/",
    {
      name: "orgs.update",
      tags,
      summary: "Rename an organization, whose slug stays, or ask a second factor of its members",
      layers: [inOrganization(orgNeeds["org.update"])],
      body: OrganizationPatch,
      response: Organization,
      errors: [InvalidInput, MfaRequired],
    },
    async (ctx) => {
      const { organization: access, body } = ctx
      if (body.name === undefined && body.requireMfa === undefined)
        throw new InvalidInput("Expected `name` or `requireMfa`, or both.")
      let { requireMfa } = access.organization
      if (body.requireMfa !== undefined) ({ requireMfa } = await orgs.setRequireMfa(access, body.requireMfa))
      const changed = body.name === undefined ? orgs.get(access) : await orgs.rename(access, { name: body.name })
      return { ...changed, requireMfa }
    },
  )

  org.delete(
    "/",
    {
      name: "orgs.delete",
      tags,
      summary: "Delete an organization that has no projects",
      layers: [inOrganization(orgNeeds["org.delete"])],
      response: { 204: null },
      errors: [OrgNotEmpty, OrgPersonal],
    },
    async (ctx) => {
      await orgs.delete(ctx.organization)
      return ctx.empty()
    },
  )

  org.post(
    "/hand-over",
    {
      name: "orgs.hand-over",
      tags,
      summary: "Make a member its owner, in one's own place: one is admin then",
      layers: [inOrganization(orgNeeds["org.hand-over"])],
      body: OrgHandOver,
      response: Organization,
      errors: [MemberNotFound, OrgPersonal],
    },
    (ctx) => orgs.handOver(ctx.organization, ctx.body),
  )

  org.get(
    "/audit",
    {
      name: "orgs.audit.list",
      tags,
      summary: "Who changed what in the organization itself, latest first",
      layers: [inOrganization(orgNeeds["org.audit.list"])],
      query: AuditQuery,
      response: pageOf(AuditEntry),
      errors: [InvalidCursor, InvalidInput],
    },
    (ctx) => orgs.audit(ctx.organization, present(ctx.query)),
  )
}

function addOrgMemberRoutes(org: Api, orgs: Orgs, { inOrganization }: Entries): void {
  const tags = ["organizations"]

  org.get(
    "/members",
    {
      name: "orgs.members.list",
      tags,
      summary: "The members of an organization",
      layers: [inOrganization(orgNeeds["org.members.list"])],
      query: PageQuery,
      response: pageOf(OrgMember),
      errors: [InvalidCursor],
    },
    (ctx) => orgs.members(ctx.organization, pageRequest(ctx.query)),
  )

  org.patch(
    "/members/:user",
    {
      name: "orgs.members.update",
      tags,
      summary: "Change a member's role, up to one's own",
      layers: [inOrganization(orgNeeds["org.members.change"])],
      body: OrgMemberPatch,
      response: OrgMember,
      errors: [MemberNotFound, LastOwner],
    },
    (ctx) => orgs.changeRole(ctx.organization, { userId: ctx.params.user, role: ctx.body.role }),
  )

  org.delete(
    "/members/:user",
    {
      name: "orgs.members.remove",
      tags,
      summary: "Remove a member from the organization and its projects; everybody may remove themselves",
      layers: [inOrganization(orgNeeds["org.members.leave"])],
      response: { 204: null },
      errors: [MemberNotFound, LastOwner, OrgPersonal],
    },
    async (ctx) => {
      await orgs.remove(ctx.organization, { userId: ctx.params.user })
      return ctx.empty()
    },
  )
}

function addOrgInviteRoutes(org: Api, { control, invites }: Platform, { inOrganization }: Entries): void {
  const tags = ["organizations"]
  const orgs = control.organizations

  org.get(
    "/invites",
    {
      name: "orgs.invites.list",
      tags,
      summary: "Who was asked to join and has not done so",
      layers: [inOrganization(orgNeeds["org.invites.list"])],
      query: PageQuery,
      response: pageOf(OrgInvite),
      errors: [InvalidCursor],
    },
    (ctx) => orgs.invites(ctx.organization, pageRequest(ctx.query)),
  )

  org.post(
    "/invites",
    {
      name: "orgs.invites.create",
      tags,
      summary: "Ask somebody to join, with an account or without; the token is in this answer, and in the mail to them",
      layers: [inOrganization(orgNeeds["org.invites.change"])],
      body: NewOrgInvite,
      response: { 201: OrgInvited },
      errors: [AlreadyMember, LimitReached, OrgPersonal, InvalidInput, InvalidEmail],
    },
    async (ctx) => {
      const { organization } = ctx.organization
      const made = await orgs.invite(ctx.organization, ctx.body)
      const { email: to, role, invitedBy, expiresAt } = made.invite
      const { token } = made
      const mailed = await invites.send({ to, token, place: organization.name, role, invitedBy, expiresAt })
      return ctx.json({ ...made, mailed }, 201)
    },
  )

  org.delete(
    "/invites/:invite",
    {
      name: "orgs.invites.withdraw",
      tags,
      summary: "Withdraw an invite: its link does nothing from now on",
      layers: [inOrganization(orgNeeds["org.invites.change"])],
      response: { 204: null },
      errors: [InviteNotFound],
    },
    async (ctx) => {
      await orgs.withdraw(ctx.organization, { id: ctx.params.invite })
      return ctx.empty()
    },
  )
}
