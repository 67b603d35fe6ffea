import type { PasskeyOptions } from "@ashlar/sdk"

/** Browsers have passkeys on pages that came over an encrypted line, or from this machine. */
export const hasPasskeys = isSecureContext && "PublicKeyCredential" in globalThis

/** Lets the browser make a passkey; what it made, as JSON. */
export async function makePasskey(options: PasskeyOptions): Promise<object> {
  const given = options as unknown as PublicKeyCredentialCreationOptionsJSON
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(given)
  return toJson(await navigator.credentials.create({ publicKey }))
}

/** Lets the person show a passkey; what the browser answers, as JSON. */
export async function showPasskey(options: PasskeyOptions): Promise<object> {
  const given = options as unknown as PublicKeyCredentialRequestOptionsJSON
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(given)
  return toJson(await navigator.credentials.get({ publicKey }))
}

function toJson(credential: Credential | null): object {
  if (credential instanceof PublicKeyCredential) return credential.toJSON()
  throw new DOMException("The browser gave no passkey.", "NotAllowedError")
}

/** What went wrong in the browser, in words. It does not say whether somebody cancelled or has no passkey, so as to tell pages nothing. */
export function passkeyProblem(error: unknown): string {
  if (!(error instanceof DOMException)) return error instanceof Error ? error.message : String(error)
  if (error.name === "InvalidStateError") return "This device has a passkey for you already."
  if (error.name === "SecurityError") return `Passkeys of this install do not work at ${location.origin}.`
  return "No passkey was shown. Try again, or use another way."
}
