import type { OrgRole, Role, Scope } from "@ashlar/control"
import { FACTOR_ROWS } from "./matrix-factor-rows.ts"

/**
 * The authorization matrix, written by hand: who gets past the door of each route, and what those are answered. It knows nothing
 * of the guards' own code, so that a guard that changes by mistake is found.
 */
export interface Row {
  /** Method and path. `{p}` is the path of a project. What a destructive call names is not there. */
  readonly call: string
  /** "all": whoever comes. "people": whoever is signed in. Otherwise the least role of a member of the project. */
  readonly from: "all" | "people" | Role
  /** The least role of a member, where the route is about an organization: `{o}` in the path. */
  readonly org?: OrgRole
  /** Kinds of keys of the project that get in without scopes. */
  readonly keys?: readonly ("publishable" | "secret")[]
  /** Whether somebody without credentials gets in as well. */
  readonly anonymous?: true
  /** Whether whoever gets in must have brought a user of the app. */
  readonly usersOnly?: true
  /** The scope of the narrowed keys that get in; "any" for every one. */
  readonly scope?: Scope | "any"
  /** Status, and code if there is one, of the answer to those who get in; what is made or done is "2xx". */
  readonly answer: string
  /** What is sent, where it is not `{}`; null for no body. */
  readonly body?: null
  /** What a publishable key, with a user or without, is answered that the door lets in, and a rule behind it does not. */
  readonly publishable?: string
  /** Ends the session of whoever calls it, so people are left out here. */
  readonly endsSessions?: true
  /** After it there is no project, so it comes last. */
  readonly last?: true
}

const nowhere = "00000000-0000-7000-8000-000000000000"
const stones = "{p}/collections/stones"
const bothKinds = ["publishable", "secret"] as const
const readsDocuments = { from: "viewer", keys: bothKinds, scope: "documents:read" } as const
const writesDocuments = {
  ...({ from: "developer", keys: ["secret"], scope: "documents:write" } as const),
  publishable: "403 DOCUMENTS_FORBIDDEN",
}
const invokes = { from: "viewer", keys: bothKinds, scope: "functions:invoke", answer: "2xx" } as const
const usesKeys = { from: "developer", scope: "kms:use" } as const

const entersApps = { from: "developer", keys: bothKinds, scope: "users:admin", answer: "422" } as const
/** A user of the app, and nobody else: the others who may come in are told that it takes one. */
const actsInApps = { from: "viewer", keys: bothKinds, scope: "users:admin", usersOnly: true } as const
const readsUsers = { from: "viewer", keys: ["secret"], scope: "users:admin" } as const
const managesUsers = { from: "developer", keys: ["secret"], scope: "users:admin" } as const

export const ROWS: Readonly<Record<string, Row>> = {
  "health.live": { call: "GET /health/live", from: "all", answer: "2xx" },
  "health.ready": { call: "GET /health/ready", from: "all", answer: "2xx" },
  metrics: { call: "GET /metrics", from: "all", answer: "2xx" },
  capabilities: { call: "GET /v1/capabilities", from: "all", answer: "2xx" },
  "/openapi.json": { call: "GET /openapi.json", from: "all", answer: "2xx" },
  "/openapi.yaml": { call: "GET /openapi.yaml", from: "all", answer: "2xx" },
  "/asyncapi.json": { call: "GET /asyncapi.json", from: "all", answer: "2xx" },
  "/docs": { call: "GET /docs", from: "all", answer: "2xx" },
  "/docs/*": { call: "GET /docs/scalar-1.76.0.js", from: "all", answer: "2xx" },
  "setup.check": { call: "POST /v1/setup/check", from: "all", answer: "422" },
  "setup.complete": { call: "POST /v1/setup", from: "all", answer: "422" },
  "auth.signup": { call: "POST /v1/auth/signup", from: "all", answer: "422" },
  "auth.signin": { call: "POST /v1/auth/signin", from: "all", answer: "422" },
  "auth.refresh": { call: "POST /v1/auth/refresh", from: "all", answer: "401 IDENTITY_SESSION_ENDED", body: null },
  "auth.signout": { call: "POST /v1/auth/signout", from: "all", answer: "2xx", body: null, endsSessions: true },
  "auth.reset.check": { call: "POST /v1/auth/reset/check", from: "all", answer: "422" },
  "auth.reset": { call: "POST /v1/auth/reset", from: "all", answer: "422" },
  "auth.ways": { call: "GET /v1/auth/ways", from: "all", answer: "2xx" },
  "auth.mail.send": { call: "POST /v1/auth/mail/send", from: "all", answer: "422" },
  "auth.mail": { call: "POST /v1/auth/mail", from: "all", answer: "422" },
  "auth.email.verify.send": {
    call: "POST /v1/auth/email/verify/send",
    from: "people",
    answer: "409 IDENTITY_MAIL_UNAVAILABLE",
  },
  "auth.email.verify": { call: "POST /v1/auth/email/verify", from: "people", answer: "422" },
  "auth.email.send": { call: "POST /v1/auth/email/send", from: "people", answer: "422" },
  "auth.email": { call: "POST /v1/auth/email", from: "people", answer: "422" },
  "auth.authorize": { call: "POST /v1/auth/authorize", from: "all", answer: "422" },
  "auth.callback": { call: "POST /v1/auth/callback", from: "all", answer: "422" },
  "auth.callback.provider": {
    call: "GET /v1/auth/sign-in/none/callback?state=x",
    from: "all",
    answer: "400 OAUTH_STATE_INVALID",
  },
  "auth.identities.list": { call: "GET /v1/auth/identities", from: "people", answer: "2xx" },
  "auth.identities.remove": {
    call: "DELETE /v1/auth/identities/none",
    from: "people",
    answer: "404 IDENTITY_IDENTITY_NOT_FOUND",
  },
  "mfa.devices.list": { call: "GET /v1/auth/mfa/devices", from: "people", answer: "2xx" },
  "mfa.devices.remove": {
    call: "DELETE /v1/auth/mfa/devices/none",
    from: "people",
    answer: "404 AUTH_FACTOR_UNKNOWN",
  },
  "auth.password": { call: "POST /v1/auth/password", from: "people", answer: "422" },
  "auth.me": { call: "GET /v1/auth/me", from: "people", answer: "2xx" },
  "auth.jwks": { call: "GET /.well-known/jwks.json", from: "all", answer: "2xx" },
  "sessions.list": { call: "GET /v1/auth/sessions", from: "people", answer: "2xx" },
  "sessions.revoke": {
    call: `DELETE /v1/auth/sessions/${nowhere}`,
    from: "people",
    answer: "404 IDENTITY_SESSION_NOT_FOUND",
  },

  ...FACTOR_ROWS,

  "device.start": { call: "POST /v1/auth/device", from: "all", answer: "2xx", body: null },
  "device.claim": { call: "POST /v1/auth/device/claim", from: "all", answer: "422" },
  "device.check": { call: "POST /v1/auth/device/check", from: "people", answer: "422" },
  "device.decide": { call: "POST /v1/auth/device/decide", from: "people", answer: "422" },

  "orgs.list": { call: "GET /v1/orgs", from: "people", answer: "2xx" },
  "orgs.create": { call: "POST /v1/orgs", from: "people", answer: "422" },
  "orgs.join": { call: "POST /v1/orgs/join", from: "people", answer: "422" },
  "orgs.get": { call: "GET {o}", from: "people", org: "viewer", answer: "2xx" },
  "orgs.update": { call: "PATCH {o}", from: "people", org: "admin", answer: "422" },
  "orgs.hand-over": { call: "POST {o}/hand-over", from: "people", org: "owner", answer: "422" },
  "orgs.audit.list": { call: "GET {o}/audit", from: "people", org: "viewer", answer: "2xx" },
  "orgs.members.list": { call: "GET {o}/members", from: "people", org: "viewer", answer: "2xx" },
  "orgs.members.update": { call: `PATCH {o}/members/${nowhere}`, from: "people", org: "admin", answer: "422" },
  "orgs.members.remove": {
    call: `DELETE {o}/members/${nowhere}`,
    ...({ from: "people", org: "admin" } as const),
    answer: "404 CONTROL_MEMBER_NOT_FOUND",
  },
  "orgs.invites.list": { call: "GET {o}/invites", from: "people", org: "admin", answer: "2xx" },
  "orgs.invites.create": { call: "POST {o}/invites", from: "people", org: "admin", answer: "422" },
  "orgs.invites.withdraw": {
    call: `DELETE {o}/invites/${nowhere}`,
    ...({ from: "people", org: "admin" } as const),
    answer: "404 CONTROL_INVITE_NOT_FOUND",
  },
  // Each has projects, so that its owner is let in and finds it is not empty.
  "orgs.delete": { call: "DELETE {o}", from: "people", org: "owner", answer: "409 CONTROL_ORG_NOT_EMPTY" },

  "projects.list": { call: "GET /v1/projects", from: "people", answer: "2xx" },
  "projects.create": { call: "POST /v1/projects", from: "people", answer: "422" },
  "projects.get": { call: "GET {p}", from: "viewer", keys: bothKinds, scope: "any", answer: "2xx" },
  "projects.update": { call: "PATCH {p}", from: "admin", answer: "422" },
  "projects.transfer": { call: "POST {p}/transfer", from: "owner", answer: "422" },
  "members.list": { call: "GET {p}/members", from: "viewer", answer: "2xx" },
  "members.add": { call: "POST {p}/members", from: "admin", answer: "422" },
  "members.update": { call: `PATCH {p}/members/${nowhere}`, from: "admin", answer: "422" },
  "members.remove": { call: `DELETE {p}/members/${nowhere}`, from: "admin", answer: "404 CONTROL_MEMBER_NOT_FOUND" },
  "keys.list": { call: "GET {p}/keys", from: "viewer", answer: "2xx" },
  "keys.create": { call: "POST {p}/keys", from: "developer", answer: "422" },
  "keys.rotate": { call: "POST {p}/keys/none/rotate", from: "developer", answer: "404 CONTROL_KEY_NOT_FOUND" },
  "keys.revoke": { call: "DELETE {p}/keys/none", from: "developer", answer: "404 CONTROL_KEY_NOT_FOUND" },
  "audit.list": { call: "GET {p}/audit", from: "viewer", scope: "audit:read", answer: "2xx" },

  "collections.list": {
    call: "GET {p}/collections",
    from: "viewer",
    keys: ["secret"],
    scope: "collections:read",
    answer: "2xx",
  },
  "collections.get": {
    call: `GET ${stones}`,
    from: "viewer",
    keys: ["secret"],
    scope: "collections:read",
    answer: "2xx",
  },
  "collections.create": { call: "POST {p}/collections", from: "developer", scope: "collections:write", answer: "422" },
  "collections.update": {
    call: "PATCH {p}/collections/none",
    from: "developer",
    scope: "collections:write",
    answer: "404 DOCUMENTS_COLLECTION_NOT_FOUND",
  },
  "collections.delete": {
    call: "DELETE {p}/collections/none",
    from: "developer",
    scope: "collections:write",
    answer: "404 DOCUMENTS_COLLECTION_NOT_FOUND",
  },
  "documents.list": { call: `GET ${stones}/documents`, ...readsDocuments, answer: "2xx" },
  "documents.query": { call: `POST ${stones}/query`, ...readsDocuments, answer: "2xx" },
  "documents.explain": { call: `POST ${stones}/explain`, ...readsDocuments, answer: "2xx" },
  "documents.get": { call: `GET ${stones}/documents/none`, ...readsDocuments, answer: "404 DOCUMENTS_NOT_FOUND" },
  "documents.insert": { call: `POST ${stones}/documents`, ...writesDocuments, answer: "2xx" },
  "documents.replace": { call: `PUT ${stones}/documents/x`, ...writesDocuments, answer: "2xx" },
  "documents.patch": { call: `PATCH ${stones}/documents/none`, ...writesDocuments, answer: "404 DOCUMENTS_NOT_FOUND" },
  "documents.delete": {
    call: `DELETE ${stones}/documents/none`,
    ...writesDocuments,
    answer: "404 DOCUMENTS_NOT_FOUND",
  },

  "app.signup": { call: "POST {p}/auth/signup", ...entersApps },
  "app.signin": { call: "POST {p}/auth/signin", ...entersApps },
  "app.refresh": { call: "POST {p}/auth/refresh", ...entersApps },
  "app.link.send": { call: "POST {p}/auth/link/send", ...entersApps },
  "app.link": { call: "POST {p}/auth/link", ...entersApps },
  "app.reset.send": { call: "POST {p}/auth/reset/send", ...entersApps },
  "app.reset": { call: "POST {p}/auth/reset", ...entersApps },
  "app.verify": { call: "POST {p}/auth/verify", ...entersApps },
  "app.verify.send": { call: "POST {p}/auth/verify/send", ...actsInApps, answer: "2xx" },
  "app.password": { call: "POST {p}/auth/password", ...actsInApps, answer: "422" },
  "app.providers": {
    call: "GET {p}/auth/providers",
    from: "viewer",
    keys: bothKinds,
    scope: "users:admin",
    answer: "2xx",
  },
  "app.authorize": { call: "POST {p}/auth/authorize", ...entersApps },
  "app.callback": { call: "POST {p}/auth/callback", ...entersApps },
  "app.callback.provider": {
    call: "GET {p}/auth/sign-in/google/callback",
    from: "viewer",
    keys: bothKinds,
    scope: "any",
    anonymous: true,
    answer: "400 OAUTH_STATE_INVALID",
  },
  "app.providers.list": {
    call: "GET {p}/auth/settings/providers",
    from: "viewer",
    scope: "users:admin",
    answer: "2xx",
  },
  "app.providers.put": {
    call: "PUT {p}/auth/settings/providers/google",
    from: "developer",
    scope: "users:admin",
    answer: "422",
  },
  "app.providers.delete": {
    call: "DELETE {p}/auth/settings/providers/none",
    from: "developer",
    scope: "users:admin",
    answer: "404 IDENTITY_PROVIDER_NOT_FOUND",
  },
  "app.jwks": {
    call: "GET {p}/.well-known/jwks.json",
    from: "viewer",
    keys: bothKinds,
    scope: "any",
    anonymous: true,
    answer: "2xx",
  },
  "app.me": { call: "GET {p}/auth/me", ...actsInApps, answer: "2xx" },
  "app.sessions.list": { call: "GET {p}/auth/sessions", ...actsInApps, answer: "2xx" },
  "app.sessions.revoke": {
    call: `DELETE {p}/auth/sessions/${nowhere}`,
    ...actsInApps,
    answer: "404 IDENTITY_SESSION_NOT_FOUND",
  },
  "app.users.list": { call: "GET {p}/auth/users", ...readsUsers, answer: "2xx" },
  "app.users.get": { call: `GET {p}/auth/users/${nowhere}`, ...readsUsers, answer: "404 IDENTITY_USER_NOT_FOUND" },
  "app.users.create": { call: "POST {p}/auth/users", ...managesUsers, answer: "422" },
  "app.users.update": {
    call: `PATCH {p}/auth/users/${nowhere}`,
    ...managesUsers,
    answer: "404 IDENTITY_USER_NOT_FOUND",
  },
  "app.users.delete": {
    call: `DELETE {p}/auth/users/${nowhere}`,
    ...managesUsers,
    answer: "404 IDENTITY_USER_NOT_FOUND",
  },
  "app.users.signout": {
    call: `POST {p}/auth/users/${nowhere}/signout`,
    ...managesUsers,
    answer: "404 IDENTITY_USER_NOT_FOUND",
  },
  "app.settings.get": { call: "GET {p}/auth/settings", from: "viewer", scope: "users:admin", answer: "2xx" },
  "app.settings.update": { call: "PATCH {p}/auth/settings", from: "developer", scope: "users:admin", answer: "2xx" },
  "kms.audit": { call: "GET {p}/kms/audit", from: "viewer", scope: "audit:read", answer: "2xx" },
  "kms.audit-verify": { call: "GET {p}/kms/audit/verify", from: "admin", answer: "2xx" },
  "kms.list": { call: "GET {p}/kms/keys", from: "viewer", answer: "2xx" },
  "kms.get": { call: "GET {p}/kms/keys/none", from: "viewer", answer: "404 CRYPTO_KEY_NOT_FOUND" },
  "kms.create": { call: "POST {p}/kms/keys", from: "developer", answer: "422" },
  "kms.update": { call: "PATCH {p}/kms/keys/none", from: "admin", answer: "422" },
  "kms.rotate": { call: "POST {p}/kms/keys/none/rotate", from: "developer", answer: "404 CRYPTO_KEY_NOT_FOUND" },
  "kms.rewrap": { call: "POST {p}/kms/keys/none/rewrap", from: "developer", answer: "404 CRYPTO_KEY_NOT_FOUND" },
  "kms.disable": { call: "POST {p}/kms/keys/none/disable", from: "admin", answer: "404 CRYPTO_KEY_NOT_FOUND" },
  "kms.enable": { call: "POST {p}/kms/keys/none/enable", from: "admin", answer: "404 CRYPTO_KEY_NOT_FOUND" },
  "kms.schedule-deletion": {
    call: "POST {p}/kms/keys/none/schedule-deletion",
    from: "admin",
    answer: "404 CRYPTO_KEY_NOT_FOUND",
  },
  "kms.cancel-deletion": {
    call: "POST {p}/kms/keys/none/cancel-deletion",
    from: "admin",
    answer: "404 CRYPTO_KEY_NOT_FOUND",
  },
  "kms.shred": { call: "POST {p}/kms/keys/none/shred", from: "owner", answer: "404 CRYPTO_KEY_NOT_FOUND" },
  "kms.encrypt": { call: "POST {p}/kms/keys/none/encrypt", ...usesKeys, answer: "422" },
  "kms.decrypt": { call: "POST {p}/kms/keys/none/decrypt", ...usesKeys, answer: "422" },
  "kms.data-key": { call: "POST {p}/kms/keys/none/data-keys", ...usesKeys, answer: "422" },
  "kms.open-data-key": { call: "POST {p}/kms/keys/none/data-keys/open", ...usesKeys, answer: "422" },
  "kms.sign": { call: "POST {p}/kms/keys/none/sign", ...usesKeys, answer: "422" },
  "kms.verify": { call: "POST {p}/kms/keys/none/verify", ...usesKeys, answer: "422" },
  "kms.public-keys": { call: "GET {p}/kms/keys/none/public-keys", ...usesKeys, answer: "404 CRYPTO_KEY_NOT_FOUND" },

  "secrets.list": { call: "GET {p}/secrets", from: "viewer", answer: "2xx" },
  "secrets.set": { call: "PUT {p}/secrets/none", from: "developer", answer: "422" },
  "secrets.reveal": {
    call: "POST {p}/secrets/none/reveal",
    from: "developer",
    scope: "secrets:read",
    answer: "404 CRYPTO_SECRET_NOT_FOUND",
  },
  "secrets.history": { call: "GET {p}/secrets/none/history", from: "viewer", answer: "404 CRYPTO_SECRET_NOT_FOUND" },
  "secrets.remove": { call: "DELETE {p}/secrets/none", from: "developer", answer: "404 CRYPTO_SECRET_NOT_FOUND" },

  "functions.list": { call: "GET {p}/functions", from: "viewer", scope: "functions:read", answer: "2xx" },
  "functions.get": {
    call: "GET {p}/functions/none",
    from: "viewer",
    scope: "functions:read",
    answer: "404 FUNCTIONS_NOT_FOUND",
  },
  "functions.versions": {
    call: "GET {p}/functions/none/versions",
    from: "viewer",
    scope: "functions:read",
    answer: "404 FUNCTIONS_NOT_FOUND",
  },
  "functions.logs": {
    call: "GET {p}/functions/none/logs",
    from: "viewer",
    scope: "functions:read",
    answer: "404 FUNCTIONS_NOT_FOUND",
  },
  "functions.metrics": {
    call: "GET {p}/functions/none/metrics",
    from: "viewer",
    scope: "functions:read",
    answer: "404 FUNCTIONS_NOT_FOUND",
  },
  "functions.deploy": { call: "POST {p}/functions", from: "developer", scope: "functions:deploy", answer: "422" },
  "functions.delete": {
    call: "DELETE {p}/functions/none",
    from: "developer",
    scope: "functions:deploy",
    answer: "404 FUNCTIONS_NOT_FOUND",
  },
  "functions.rollback": {
    call: "POST {p}/functions/none/rollback",
    from: "developer",
    scope: "functions:deploy",
    answer: "404 FUNCTIONS_NOT_FOUND",
  },
  "functions.invoke.get": { call: "GET /f/{project}/hello", ...invokes },
  "functions.invoke.post": { call: "POST /f/{project}/hello", ...invokes },
  "functions.invoke.put": { call: "PUT /f/{project}/hello", ...invokes },
  "functions.invoke.patch": { call: "PATCH /f/{project}/hello", ...invokes },
  "functions.invoke.delete": { call: "DELETE /f/{project}/hello", ...invokes },
  "functions.invoke.head": { call: "HEAD /f/{project}/hello", ...invokes },
  "functions.invoke.options": { call: "OPTIONS /f/{project}/hello", ...invokes },
  // Ends the session of the app's user, who has done all else by then.
  "app.signout": { call: "POST {p}/auth/signout", ...actsInApps, answer: "2xx", body: null, last: true },
  "projects.delete": { call: "DELETE {p}", from: "owner", answer: "2xx", last: true },
}
