import type { Scope } from "@ashlar/sdk"

/** What a secret key may be narrowed to, and in plain words what each scope opens. */
export const keyScopes: Readonly<Record<Scope, string>> = {
  "documents:read": "read documents, where rules let secret keys",
  "documents:write": "change documents, where rules let secret keys",
  "collections:read": "read collections, their rules and indexes",
  "collections:write": "make, change and delete collections, rules too",
  "functions:invoke": "call functions",
  "functions:read": "read functions, their versions, logs and metrics",
  "functions:deploy": "deploy, roll back and delete functions",
  "kms:use": "encrypt, decrypt and sign with the project's keys",
  "secrets:read": "read the values of secrets",
  "users:admin": "manage the users of the app, and how they sign in",
  "audit:read": "read the audit trail",
}

/** The scopes by name, in the order in which people look for them. */
export const keyScopeNames: readonly Scope[] = Object.keys(keyScopes) as Scope[]
