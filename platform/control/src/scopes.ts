/**
 * What a secret key may be narrowed to. Each names a kind of route; the authorization matrix compares this list with the
 * route table, so that no scope opens nothing and no route waits for a scope that cannot be given.
 */
export const scopes = [
  "audit:read",
  "collections:read",
  "collections:write",
  "documents:read",
  "documents:write",
  "functions:deploy",
  "functions:invoke",
  "functions:read",
  "kms:use",
  "secrets:read",
  "users:admin",
] as const

export type Scope = (typeof scopes)[number]

/** The scopes of a row of the database; null for a key without any, which is not the same as an empty list. */
export function readScopes(text: string | null): readonly Scope[] | null {
  if (text === null) return null
  const given = text.split(" ")
  return scopes.filter((scope) => given.includes(scope))
}

export function writeScopes(given: readonly Scope[] | null): string | null {
  return given === null ? null : scopes.filter((scope) => given.includes(scope)).join(" ")
}
