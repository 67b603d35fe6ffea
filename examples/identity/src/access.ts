import { defineAccess } from "@ashlar/auth"

/** What can be done by the API and the pages of admins, and what each role allows. The scopes of keys and tokens have the same names. */
export const access = defineAccess({
  actions: ["profile:read", "profile:write", "people:read", "people:write", "audit:read"],
  roles: {
    member: { allow: ["profile:*"] },
    admin: { extends: ["member"], allow: ["people:*", "audit:read"] },
  },
})

export const ROLES = ["member", "admin"] as const
export type Role = (typeof ROLES)[number]

/** What people may give to keys and to other apps. Rights over others, and the log, are for pages only. */
export const SCOPES = {
  "profile:read": "Read your name, address and role",
  "profile:write": "Change your name",
  "people:read": "List people, if you are an admin",
} as const
export type ApiScope = keyof typeof SCOPES
