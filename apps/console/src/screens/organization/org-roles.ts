import type { OrgRole } from "@ashlar/sdk"

const hints: readonly (readonly [OrgRole, string])[] = [
  ["viewer", "Viewer, reads all projects"],
  ["member", "Member, changes what is in projects"],
  ["admin", "Admin, also people and new projects"],
  ["owner", "Owner, also owners and the end of it"],
]
const rank = (role: OrgRole): number => hints.findIndex(([one]) => one === role)

/** Whether somebody with a role may change one who has another, or give it. */
export function reaches(own: OrgRole | undefined, other: OrgRole): boolean {
  return own !== undefined && managesPeople(own) && rank(own) >= rank(other)
}

export function managesPeople(role: OrgRole | undefined): boolean {
  return role === "owner" || role === "admin"
}

/** The same by their names alone, for rows that have no place for more. */
export function givableNames(own: OrgRole | undefined): readonly (readonly [OrgRole, string])[] {
  return givable(own).map(([role, hint]) => [role, hint.split(",")[0] ?? role] as const)
}

/** The roles that somebody with this one may give, each with what it lets do. */
export function givable(own: OrgRole | undefined): readonly (readonly [OrgRole, string])[] {
  return hints.filter(([role]) => reaches(own, role))
}
