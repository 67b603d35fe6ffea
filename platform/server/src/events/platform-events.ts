import type { AuditEntry, PlacedEntry } from "@ashlar/control"
import { type CloudEvent, checkCloudEvent, defineEvent, type EventDefinition } from "@ashlar/events"
import { type Schema, v } from "@ashlar/validation"

/** What an event of the platform says. Never a secret: it is what the audit trail says as well. */
export type PlatformChange = ProjectChange | OrganizationChange

interface Change {
  /** Who did it. */
  readonly actor: AuditEntry["actor"]
  /** To what: a slug, an address, a name or an id, as the kind of event has it. */
  readonly target: string
  /** More of it, by the kind of event. May get members, and loses none. */
  readonly details: Readonly<Record<string, unknown>>
}

export interface ProjectChange extends Change {
  readonly projectId: string
}
/** Of the organization itself: what happens in its projects is theirs. */
export interface OrganizationChange extends Change {
  readonly organizationId: string
}

const facts = {
  actor: v.object({ kind: v.enum(["user", "key", "function", "system"]), id: v.string(), label: v.string() }),
  target: v.string(),
  details: v.record(v.string(), v.unknown()),
}
const projectChange: Schema<ProjectChange> = v.object({ projectId: v.string(), ...facts })
const organizationChange: Schema<OrganizationChange> = v.object({ organizationId: v.string(), ...facts })

/** The bus's name: whoever wants to hear of events opens a bus at the same URL with it. */
export const BUS_NAME = "ashlar"

/** Stable types, by what the audit trail calls the action. */
const TYPES: Readonly<Record<string, string>> = {
  "project.create": "ashlar.project.created",
  "project.update": "ashlar.project.updated",
  "project.delete": "ashlar.project.deleted",
  "project.transfer": "ashlar.project.transferred",
  "member.add": "ashlar.member.added",
  "member.invite": "ashlar.member.invited",
  "member.accept": "ashlar.member.accepted",
  "member.update": "ashlar.member.updated",
  "member.remove": "ashlar.member.removed",
  "key.create": "ashlar.key.created",
  "key.rotate": "ashlar.key.rotated",
  "key.revoke": "ashlar.key.revoked",
  "user.create": "ashlar.user.created",
  "user.update": "ashlar.user.updated",
  "user.delete": "ashlar.user.deleted",
  "user.signout": "ashlar.user.signed-out",
  "user.factors.reset": "ashlar.user.factors-reset",
  "auth.provider": "ashlar.auth-provider.updated",
  "auth.provider.delete": "ashlar.auth-provider.deleted",
  "auth.settings": "ashlar.auth-settings.updated",
  "secret.read": "ashlar.secret.read",
  "function.deploy": "ashlar.function.deployed",
  "function.rollback": "ashlar.function.rolled-back",
  "function.delete": "ashlar.function.deleted",
  "collection.create": "ashlar.collection.created",
  "collection.update": "ashlar.collection.updated",
  "collection.delete": "ashlar.collection.deleted",
}
/** The same for organizations, in whose trails these actions are. */
const ORGANIZATION_TYPES: Readonly<Record<string, string>> = {
  "org.create": "ashlar.organization.created",
  "org.update": "ashlar.organization.updated",
  "org.delete": "ashlar.organization.deleted",
  "org.hand-over": "ashlar.organization.handed-over",
  "org.member.invite": "ashlar.organization-member.invited",
  "org.member.uninvite": "ashlar.organization-member.uninvited",
  "org.member.join": "ashlar.organization-member.joined",
  "org.member.update": "ashlar.organization-member.updated",
  "org.member.remove": "ashlar.organization-member.removed",
  "org.project.transfer": "ashlar.organization-project.transferred",
}

type PlatformEvent = EventDefinition<ProjectChange> | EventDefinition<OrganizationChange>

/** Every kind of event that the platform tells of, by its type; events of one project, or organization, keep their order. */
export const platformEvents: ReadonlyMap<string, PlatformEvent> = new Map([
  ...Object.values(TYPES).map((type): [string, PlatformEvent] => {
    return [type, defineEvent(type, projectChange, { key: ({ projectId }) => projectId })]
  }),
  ...Object.values(ORGANIZATION_TYPES).map((type): [string, PlatformEvent] => {
    return [type, defineEvent(type, organizationChange, { key: ({ organizationId }) => organizationId })]
  }),
])

/** The event of an entry of the audit trail; undefined for an action that is none. Its id is the entry's, however often it is told. */
export function eventOf(entry: PlacedEntry, installId: string): CloudEvent<PlatformChange> | undefined {
  const { id, at, projectId: place, actor, action, target, details } = entry
  const isOrganization = Object.hasOwn(ORGANIZATION_TYPES, action)
  const types = isOrganization ? ORGANIZATION_TYPES : TYPES
  const type = Object.hasOwn(types, action) ? types[action] : undefined
  if (type === undefined) return undefined
  const change = { actor, target, details }
  return checkCloudEvent<PlatformChange>({
    ...{ specversion: "1.0", id, source: `/ashlar/${installId}`, type, time: at },
    ...{ datacontenttype: "application/json", partitionkey: place },
    subject: `${isOrganization ? "organizations" : "projects"}/${place}`,
    data: isOrganization ? { organizationId: place, ...change } : { projectId: place, ...change },
  })
}
