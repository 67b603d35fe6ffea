import { type Schema, v } from "@ashlar/validation"
import { Time } from "./page.ts"

export type OrgRole = "owner" | "admin" | "member" | "viewer"
export const OrgRole: Schema<OrgRole> = v.enum(["owner", "admin", "member", "viewer"]).meta({
  id: "OrgRole",
  description:
    "What somebody may do in an organization and in each of its projects: viewers read, members change what is in projects, admins also manage people and projects, owners also other owners, and delete.",
})

export interface Organization {
  readonly id: string
  readonly slug: string
  readonly name: string
  /** The asking member's role. */
  readonly role: OrgRole
  readonly personal: boolean
  readonly requireMfa: boolean
  readonly createdAt: string
}
export const Organization: Schema<Organization> = v
  .object({
    id: v.string(),
    slug: v.string().describe("Unique in the install; `personal` is one's own, whoever asks"),
    name: v.string(),
    role: OrgRole.describe("The asking member's own role"),
    personal: v.boolean().describe("Whether it is one's own: it has no other members, and stays"),
    requireMfa: v.boolean().describe("Whether members reach nothing of it before they have shown a second factor"),
    createdAt: Time,
  })
  .meta({ id: "Organization" })
export const NewOrganization: Schema<{ readonly name: string }> = v
  .object({ name: v.string().trim().min(1).max(120) })
  .meta({ id: "NewOrganization" })
export const OrganizationPatch: Schema<{
  readonly name?: string | undefined
  readonly requireMfa?: boolean | undefined
}> = v
  .object({
    name: v.string().trim().min(1).max(120).optional(),
    requireMfa: v.boolean().optional().describe("For owners, who have shown their own second factor"),
  })
  .meta({ id: "OrganizationPatch" })

export interface OrgMember {
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly role: OrgRole
  readonly joinedAt: string
}
export const OrgMember: Schema<OrgMember> = v
  .object({ userId: v.string(), email: v.string(), name: v.string(), role: OrgRole, joinedAt: Time })
  .meta({ id: "OrgMember" })
export const OrgMemberPatch: Schema<{ readonly role: OrgRole }> = v.object({ role: OrgRole }).meta({
  id: "OrgMemberPatch",
})

export const OrgHandOver: Schema<{ readonly userId: string }> = v
  .object({ userId: v.string().min(1).max(64).describe("A member, who is its owner from then on") })
  .meta({ id: "OrgHandOver" })

export interface OrgInvite {
  readonly id: string
  readonly email: string
  readonly role: OrgRole
  readonly invitedBy: string
  readonly createdAt: string
  readonly expiresAt: string
}
export const OrgInvite: Schema<OrgInvite> = v
  .object({
    id: v.string(),
    email: v.string(),
    role: OrgRole,
    invitedBy: v.string().describe("The address of whoever asked them; empty when they are gone"),
    createdAt: Time,
    expiresAt: Time,
  })
  .meta({ id: "OrgInvite", description: "Somebody who was asked to join, and has not done so yet." })
export const NewOrgInvite: Schema<{ readonly email: string; readonly role: OrgRole }> = v
  .object({ email: v.string().trim().min(3).max(254), role: OrgRole })
  .meta({ id: "NewOrgInvite" })

export interface OrgInvited {
  readonly invite: OrgInvite
  /** Of the link `/invite/<token>`; shown this once. */
  readonly token: string
  /** Whether a mail with the link is on its way to them. */
  readonly mailed: boolean
}
export const OrgInvited: Schema<OrgInvited> = v
  .object({
    ...{ invite: OrgInvite, token: v.string().describe("Of the link `/invite/<token>`. Shown here once") },
    mailed: v.boolean().describe("Whether a mail with the link is on its way to them"),
  })
  .meta({ id: "OrgInvited" })
export const InviteToken: Schema<{ readonly token: string }> = v
  .object({ token: v.string().min(1).max(128) })
  .meta({ id: "InviteToken" })
