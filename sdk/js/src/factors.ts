import type { PasskeyOptions } from "./passkeys.ts"
import { path } from "./path.ts"
import type { Transport } from "./transport.ts"
import type { AddedFactor, AppEnrolment, Factor, FactorState } from "./wire.ts"

/** Shows a second factor: one of these. */
export interface FactorProof {
  /** Of an authenticator app. */
  readonly code?: string | undefined
  readonly recoveryCode?: string | undefined
  /** What `showPasskey` gave. */
  readonly passkey?: object | undefined
}

/**
 * The second factors of whoever is signed in. Whoever changes them has proven who they are a moment ago: otherwise it is
 * AUTH_STEP_UP_REQUIRED, and `stepUp` comes first.
 */
export interface Factors<State = FactorState> {
  get(): Promise<State>
  /** Begins with an authenticator app: show `qrSvg`, and ask for a code within 15 minutes. @throws {AUTH_STEP_UP_REQUIRED} {IDENTITY_MFA_OFF} */
  enrollApp(): Promise<AppEnrolment>
  /** With the first factor come recovery codes, shown this once. @throws {AUTH_FACTOR_WRONG} @throws {AUTH_MFA_LOCKED} */
  confirmApp(proof: { readonly factorId: string; readonly code: string; readonly label?: string }): Promise<AddedFactor>
  /** For `makePasskey`. @throws {AUTH_STEP_UP_REQUIRED} {IDENTITY_PASSKEYS_UNAVAILABLE} {IDENTITY_MFA_OFF} */
  passkeyOptions(): Promise<PasskeyOptions>
  /** @param passkey What `makePasskey` gave. @throws {AUTH_PASSKEY_REFUSED} */
  addPasskey(passkey: object, label?: string): Promise<AddedFactor>
  /** Makes new ones; the former ones end. @throws {AUTH_STEP_UP_REQUIRED} */
  renewRecoveryCodes(): Promise<readonly string[]>
  rename(id: string, label: string): Promise<Factor>
  /** With the last one the recovery codes go. @throws {AUTH_STEP_UP_REQUIRED} */
  remove(id: string): Promise<void>
  /** For `showPasskey`, to step up by a passkey. */
  stepUpOptions(): Promise<PasskeyOptions>
  /** Proves again who one is; by the password only where there is no factor. @throws {AUTH_FACTOR_WRONG} */
  stepUp(proof: FactorProof & { readonly password?: string }): Promise<void>
}

/** @param root Where `/mfa` is: `/v1/auth` for people. */
export function createFactors<State = FactorState>(transport: Transport, root: string): Factors<State> {
  const at = `${root}/mfa`
  const post = <T>(where: string, json?: object): Promise<T> =>
    transport.json({ method: "POST", path: at + where, ...(json !== undefined && { json }) })
  return {
    get: () => transport.json({ path: at }),
    enrollApp: () => post("/enroll"),
    confirmApp: (json) => post("/verify", json),
    passkeyOptions: () => post("/passkeys/options"),
    addPasskey: (passkey, label) => post("/passkeys", { passkey, ...(label !== undefined && { label }) }),
    renewRecoveryCodes: async () =>
      (await post<{ readonly recoveryCodes: readonly string[] }>("/recovery-codes")).recoveryCodes,
    rename: (id, label) => transport.json({ method: "PATCH", path: at + path`/factors/${id}`, json: { label } }),
    remove: (id) => transport.json({ method: "DELETE", path: at + path`/factors/${id}` }),
    stepUpOptions: () => post("/step-up/options"),
    stepUp: async (json) => void (await post("/step-up", json)),
  }
}
