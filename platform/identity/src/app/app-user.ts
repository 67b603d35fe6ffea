import type { SqliteFile } from "@ashlar/sqlite"
import { InvalidInput } from "../errors.ts"
import type { Proven } from "../sessions.ts"

/** What the project's servers say of a user, and its rules ask: plain JSON of at most 1 KiB. */
export type AppClaims = Readonly<Record<string, unknown>>

/** A user of a project's app. Has nothing to do with the people of the install, whatever their address is. */
export interface AppUser {
  readonly id: string
  readonly email: string
  readonly emailVerified: boolean
  /** Null when the user gave none. */
  readonly name: string | null
  readonly roles: readonly string[]
  readonly claims: AppClaims
  readonly disabled: boolean
  readonly createdAt: string
  readonly lastSignedInAt: string | null
}

export interface AppUserRow {
  readonly n: number
  readonly id: string
  readonly email: string
  readonly name: string
  readonly password_hash: string
  readonly created_at: number
  readonly disabled_at: number | null
  readonly verified_at: number | null
  readonly signed_in_at: number | null
  readonly roles: string
  readonly claims: string
}

export function toAppUser(row: AppUserRow): AppUser {
  const { id, email, name } = row
  return {
    ...{ id, email, emailVerified: row.verified_at !== null, name: name === "" ? null : name },
    roles: JSON.parse(row.roles) as readonly string[],
    claims: JSON.parse(row.claims) as AppClaims,
    disabled: row.disabled_at !== null,
    createdAt: new Date(row.created_at).toISOString(),
    lastSignedInAt: row.signed_in_at === null ? null : new Date(row.signed_in_at).toISOString(),
  }
}

export function findAppUser(file: SqliteFile, by: "id" | "email", value: string): AppUserRow | undefined {
  return file.get<AppUserRow>(`SELECT * FROM identity_accounts WHERE ${by} = ?`, [value])
}

/**
 * What access tokens say of a user, for servers that check them with the public keys.
 *
 * @see RFC 9068, section 2.2.1 (`auth_time`, in seconds), RFC 8176 (`amr`)
 */
export function claimsOf(
  { email, emailVerified, roles, claims }: AppUser,
  { amr, authTimeMs }: Proven,
): Readonly<Record<string, unknown>> {
  return { email, email_verified: emailVerified, roles, claims, amr, auth_time: Math.floor(authTimeMs / 1000) }
}

const MAX_ROLES = 32
const MAX_CLAIMS_BYTES = 1024

/** @throws {IDENTITY_INVALID_INPUT} beyond 32 roles, or for what is no role: 1 to 64 letters, digits and `_ - . :` */
export function checkRoles(roles: readonly string[]): readonly string[] {
  if (roles.length <= MAX_ROLES && roles.every((role) => /^[\w.:-]{1,64}$/.test(role))) return [...new Set(roles)]
  throw new InvalidInput(`Expected \`roles\` to be at most ${MAX_ROLES} names of letters, digits and "_-.:".`, {
    details: { field: "roles" },
  })
}

/** @throws {IDENTITY_INVALID_INPUT} beyond 1 KiB, or for names that a rule could not write */
export function checkClaims(claims: AppClaims): AppClaims {
  const names = Object.keys(claims)
  const isNamed = names.every((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name) && name !== "__proto__")
  if (isNamed && Buffer.byteLength(JSON.stringify(claims)) <= MAX_CLAIMS_BYTES) return claims
  throw new InvalidInput(
    `Expected \`claims\` to be at most ${MAX_CLAIMS_BYTES} bytes of JSON, with names of letters, digits and "_-".`,
    { details: { field: "claims" } },
  )
}
