import type { Row } from "./matrix-rows.ts"

const nowhere = "00000000-0000-7000-8000-000000000000"
const bothKinds = ["publishable", "secret"] as const
const entersApps = { from: "developer", keys: bothKinds, scope: "users:admin", answer: "422" } as const
const actsInApps = { from: "viewer", keys: bothKinds, scope: "users:admin", usersOnly: true } as const
const readsUsers = { from: "viewer", keys: ["secret"], scope: "users:admin" } as const
const managesUsers = { from: "developer", keys: ["secret"], scope: "users:admin" } as const

/** Rows of second factors: of people, and of users of apps. In a project that says nothing of them there are none. */
export const FACTOR_ROWS: Readonly<Record<string, Row>> = {
  "auth.signin.factor": { call: "POST /v1/auth/signin/factor", from: "all", answer: "422" },
  "auth.signin.factor.options": { call: "POST /v1/auth/signin/factor/options", from: "all", answer: "422" },
  "auth.signin.passkey": { call: "POST /v1/auth/signin/passkey", from: "all", answer: "422" },
  "auth.signin.passkey.options": {
    call: "POST /v1/auth/signin/passkey/options",
    from: "all",
    answer: "2xx",
    body: null,
  },
  "mfa.get": { call: "GET /v1/auth/mfa", from: "people", answer: "2xx" },
  "mfa.step-up": { call: "POST /v1/auth/mfa/step-up", from: "people", answer: "422" },
  "mfa.step-up.options": { call: "POST /v1/auth/mfa/step-up/options", from: "people", answer: "2xx", body: null },
  "mfa.enroll": { call: "POST /v1/auth/mfa/enroll", from: "people", answer: "2xx", body: null },
  "mfa.verify": { call: "POST /v1/auth/mfa/verify", from: "people", answer: "422" },
  "mfa.recovery-codes": { call: "POST /v1/auth/mfa/recovery-codes", from: "people", answer: "422", body: null },
  "mfa.factors.update": { call: "PATCH /v1/auth/mfa/factors/none", from: "people", answer: "422" },
  "mfa.factors.remove": {
    call: "DELETE /v1/auth/mfa/factors/none",
    from: "people",
    answer: "404 AUTH_FACTOR_UNKNOWN",
  },
  "mfa.passkeys.options": { call: "POST /v1/auth/mfa/passkeys/options", from: "people", answer: "2xx", body: null },
  "mfa.passkeys.add": { call: "POST /v1/auth/mfa/passkeys", from: "people", answer: "422" },

  "app.signin.factor": { call: "POST {p}/auth/signin/factor", ...entersApps },
  "app.signin.factor.options": { call: "POST {p}/auth/signin/factor/options", ...entersApps },
  "app.signin.passkey": { call: "POST {p}/auth/signin/passkey", ...entersApps },
  "app.signin.passkey.options": {
    call: "POST {p}/auth/signin/passkey/options",
    ...entersApps,
    answer: "409 IDENTITY_PASSKEYS_UNAVAILABLE",
    body: null,
  },
  "app.signin.enroll": { call: "POST {p}/auth/signin/enroll", ...entersApps },
  "app.signin.enroll.verify": { call: "POST {p}/auth/signin/enroll/verify", ...entersApps },
  "app.signin.enroll.passkey.options": { call: "POST {p}/auth/signin/enroll/passkey/options", ...entersApps },
  "app.signin.enroll.passkey": { call: "POST {p}/auth/signin/enroll/passkey", ...entersApps },
  "app.mfa.get": { call: "GET {p}/auth/mfa", ...actsInApps, answer: "2xx" },
  "app.mfa.step-up": { call: "POST {p}/auth/mfa/step-up", ...actsInApps, answer: "422" },
  "app.mfa.step-up.options": {
    call: "POST {p}/auth/mfa/step-up/options",
    ...actsInApps,
    answer: "409 IDENTITY_PASSKEYS_UNAVAILABLE",
    body: null,
  },
  "app.mfa.enroll": { call: "POST {p}/auth/mfa/enroll", ...actsInApps, answer: "409 IDENTITY_MFA_OFF", body: null },
  "app.mfa.verify": { call: "POST {p}/auth/mfa/verify", ...actsInApps, answer: "422" },
  "app.mfa.recovery-codes": { call: "POST {p}/auth/mfa/recovery-codes", ...actsInApps, answer: "422", body: null },
  "app.mfa.factors.update": { call: "PATCH {p}/auth/mfa/factors/none", ...actsInApps, answer: "422" },
  "app.mfa.factors.remove": {
    call: "DELETE {p}/auth/mfa/factors/none",
    ...actsInApps,
    answer: "404 AUTH_FACTOR_UNKNOWN",
  },
  "app.mfa.passkeys.options": {
    call: "POST {p}/auth/mfa/passkeys/options",
    ...actsInApps,
    answer: "409 IDENTITY_MFA_OFF",
    body: null,
  },
  "app.mfa.passkeys.add": { call: "POST {p}/auth/mfa/passkeys", ...actsInApps, answer: "422" },
  "app.mfa.devices.list": { call: "GET {p}/auth/mfa/devices", ...actsInApps, answer: "2xx" },
  "app.mfa.devices.remember": { call: "POST {p}/auth/mfa/devices", ...actsInApps, answer: "409 IDENTITY_MFA_OFF" },
  "app.mfa.devices.forget": {
    call: "DELETE {p}/auth/mfa/devices/none",
    ...actsInApps,
    answer: "404 AUTH_FACTOR_UNKNOWN",
  },
  "app.users.factors.get": {
    call: `GET {p}/auth/users/${nowhere}/factors`,
    ...readsUsers,
    answer: "404 IDENTITY_USER_NOT_FOUND",
  },
  "app.users.factors.reset": {
    call: `DELETE {p}/auth/users/${nowhere}/factors`,
    ...managesUsers,
    answer: "404 IDENTITY_USER_NOT_FOUND",
  },
}
