export type { Access, Actor, Caller, KeyCaller, KeyKind, Need, Operation, ProjectRecord, Role } from "./access.ts"
export { needs } from "./access.ts"
export type { Audit, AuditEntry, AuditNote, AuditQuery, PlacedEntry } from "./audit.ts"
export type { Control, ControlOptions } from "./control.ts"
export { openControl } from "./control.ts"
export {
  AlreadyMember,
  CredentialsNeeded,
  Forbidden,
  InvalidCursor,
  InvalidInput,
  InviteNotFound,
  KeyNotFound,
  KeyRefused,
  KeyRevoked,
  LastOwner,
  LimitReached,
  MemberNotFound,
  MfaRequired,
  OrgNotEmpty,
  OrgNotFound,
  OrgPersonal,
  ProjectNotFound,
  SlugTaken,
} from "./errors.ts"
export { controlFeature } from "./feature.ts"
export type { Key, Keys, NewKey } from "./keys.ts"
export type { ControlLimits } from "./limits.ts"
export { defaultLimits } from "./limits.ts"
export type { Invite, Member, Members, People, Person, PreparedInvite } from "./members.ts"
export type { OrgAccess, OrgOperation, OrgRecord, OrgRole } from "./org-access.ts"
export { orgNeeds } from "./org-access.ts"
export type { HeldInvite, Organization, Organizations, OrgInvite, OrgMember } from "./organizations.ts"
export type { Page, PageRequest } from "./page.ts"
export type { JoiningStatement } from "./procedures.ts"
export type { Project, ProjectStorage, Projects } from "./projects.ts"
export { type Scope, scopes } from "./scopes.ts"
