import { defineError, type ErrorClass } from "@ashlar/core"

export const CredentialsNeeded: ErrorClass<"CONTROL_CREDENTIALS_NEEDED", 401> = defineError(
  "CONTROL_CREDENTIALS_NEEDED",
  401,
  "This needs credentials. Sign in, or send a project key as `Authorization: Bearer ak_…`.",
)

export const KeyRefused: ErrorClass<"CONTROL_KEY_REFUSED", 401> = defineError(
  "CONTROL_KEY_REFUSED",
  401,
  "This project key is unknown, revoked or expired. Create another one in the project.",
)

export const Forbidden: ErrorClass<"CONTROL_FORBIDDEN", 403> = defineError(
  "CONTROL_FORBIDDEN",
  403,
  "You are known, but may not do this. Ask an owner of the project for the role it takes.",
)

export const MfaRequired: ErrorClass<"CONTROL_MFA_REQUIRED", 403> = defineError(
  "CONTROL_MFA_REQUIRED",
  403,
  "A second factor is asked of everybody here. Add one to your account, or show the one that you have, and come again.",
)

/** What an admin is told who would make, change or remove an owner. */
export function ownersOnly(): InstanceType<typeof Forbidden> {
  return new Forbidden("Only an owner says who owns the project. Ask one to do this.", {
    details: { expected: "owner", got: "admin" },
  })
}

export const ProjectNotFound: ErrorClass<"CONTROL_PROJECT_NOT_FOUND", 404> = defineError(
  "CONTROL_PROJECT_NOT_FOUND",
  404,
  "No project has this name, or you are not a member of it.",
)

export const SlugTaken: ErrorClass<"CONTROL_SLUG_TAKEN", 409> = defineError(
  "CONTROL_SLUG_TAKEN",
  409,
  "Another project has this slug. Choose another one, or leave it out to have one made from the name.",
)

export const MemberNotFound: ErrorClass<"CONTROL_MEMBER_NOT_FOUND", 404> = defineError(
  "CONTROL_MEMBER_NOT_FOUND",
  404,
  "The project has no member with this id. List the members to see who there is.",
)

export const AlreadyMember: ErrorClass<"CONTROL_ALREADY_MEMBER", 409> = defineError(
  "CONTROL_ALREADY_MEMBER",
  409,
  "This person is a member already. Change the role instead.",
)

export const LastOwner: ErrorClass<"CONTROL_LAST_OWNER", 409> = defineError(
  "CONTROL_LAST_OWNER",
  409,
  "A project keeps at least one owner. Make somebody else an owner first, or delete the project.",
)

export const OrgNotFound: ErrorClass<"CONTROL_ORG_NOT_FOUND", 404> = defineError(
  "CONTROL_ORG_NOT_FOUND",
  404,
  "No organization has this name, or you are not a member of it.",
)

export const OrgNotEmpty: ErrorClass<"CONTROL_ORG_NOT_EMPTY", 409> = defineError(
  "CONTROL_ORG_NOT_EMPTY",
  409,
  "The organization has projects. Transfer or delete them first.",
)

export const OrgPersonal: ErrorClass<"CONTROL_ORG_PERSONAL", 409> = defineError(
  "CONTROL_ORG_PERSONAL",
  409,
  "One's own organization has no other members, and stays. Make another one to work together.",
)

export const InviteNotFound: ErrorClass<"CONTROL_INVITE_NOT_FOUND", 404> = defineError(
  "CONTROL_INVITE_NOT_FOUND",
  404,
  "No invite is to be found here: it was used or withdrawn, has expired, or is for another address. Ask for a new one.",
)

export const KeyNotFound: ErrorClass<"CONTROL_KEY_NOT_FOUND", 404> = defineError(
  "CONTROL_KEY_NOT_FOUND",
  404,
  "The project has no key with this id. List the keys to see which there are.",
)

export const KeyRevoked: ErrorClass<"CONTROL_KEY_REVOKED", 409> = defineError(
  "CONTROL_KEY_REVOKED",
  409,
  "This key is revoked, and a revoked key is not rotated. Create a new one.",
)

export const LimitReached: ErrorClass<"CONTROL_LIMIT_REACHED", 409> = defineError(
  "CONTROL_LIMIT_REACHED",
  409,
  "There are as many as there may be; `details.limit` says how many. Remove one first.",
)

export const InvalidInput: ErrorClass<"CONTROL_INVALID_INPUT", 422> = defineError(
  "CONTROL_INVALID_INPUT",
  422,
  "A field is not what it must be; `details.field` names it.",
)

export const InvalidCursor: ErrorClass<"CONTROL_INVALID_CURSOR", 400> = defineError(
  "CONTROL_INVALID_CURSOR",
  400,
  "This cursor was not given out for this list. Start again without a cursor.",
)
