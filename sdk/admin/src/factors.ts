import {
  type AddedFactor,
  type AppEnrolment,
  type Factor,
  type FactorProof,
  type FactorState,
  type PasskeyOptions,
  path,
  type Transport,
} from "@ashlar/sdk"

/**
 * The second factors of the person who is signed in. Whoever changes them has proven who they are a moment ago: otherwise it is
 * AUTH_STEP_UP_REQUIRED, and `stepUp` comes first.
 */
export interface Factors {
  get(): Promise<FactorState>
  /** Begins with an authenticator app: show `qrSvg`, and ask for a code within 15 minutes. @throws {AUTH_STEP_UP_REQUIRED} */
  enrollApp(): Promise<AppEnrolment>
  /** With the first factor come recovery codes, shown this once. @throws {AUTH_FACTOR_WRONG} @throws {AUTH_MFA_LOCKED} */
  confirmApp(proof: { readonly factorId: string; readonly code: string; readonly label?: string }): Promise<AddedFactor>
  /** For `PublicKeyCredential.parseCreationOptionsFromJSON`. @throws {AUTH_STEP_UP_REQUIRED} */
  passkeyOptions(): Promise<PasskeyOptions>
  /** @param passkey What the browser made, as JSON. @throws {AUTH_PASSKEY_REFUSED} */
  addPasskey(passkey: object, label?: string): Promise<AddedFactor>
  /** Makes new ones; the former ones end. @throws {AUTH_STEP_UP_REQUIRED} */
  renewRecoveryCodes(): Promise<readonly string[]>
  rename(id: string, label: string): Promise<Factor>
  /** With the last one the recovery codes go. @throws {AUTH_STEP_UP_REQUIRED} */
  remove(id: string): Promise<void>
  /** For `PublicKeyCredential.parseRequestOptionsFromJSON`, to step up by a passkey. */
  stepUpOptions(): Promise<PasskeyOptions>
  /** Proves again who one is; by the password only where there is no factor. @throws {AUTH_FACTOR_WRONG} */
  stepUp(proof: FactorProof & { readonly password?: string }): Promise<void>
}

export function createFactors(transport: Transport): Factors {
  const at = "/v1/auth/mfa"
  return {
    get: () => transport.json({ path: at }),
    enrollApp: () => transport.json({ method: "POST", path: `${at}/enroll` }),
    confirmApp: (json) => transport.json({ method: "POST", path: `${at}/verify`, json }),
    passkeyOptions: () => transport.json({ method: "POST", path: `${at}/passkeys/options` }),
    addPasskey: (passkey, label) =>
      transport.json({
        method: "POST",
        path: `${at}/passkeys`,
        json: { passkey, ...(label !== undefined && { label }) },
      }),
    async renewRecoveryCodes() {
      const made = await transport.json<{ readonly recoveryCodes: readonly string[] }>({
        method: "POST",
        path: `${at}/recovery-codes`,
      })
      return made.recoveryCodes
    },
    rename: (id, label) => transport.json({ method: "PATCH", path: path`/v1/auth/mfa/factors/${id}`, json: { label } }),
    remove: (id) => transport.json({ method: "DELETE", path: path`/v1/auth/mfa/factors/${id}` }),
    stepUpOptions: () => transport.json({ method: "POST", path: `${at}/step-up/options` }),
    async stepUp(json) {
      await transport.json({ method: "POST", path: `${at}/step-up`, json })
    },
  }
}
