/** What the browser's `navigator.credentials` is given, as JSON. */
export type PasskeyOptions = Readonly<Record<string, unknown>>

/** Whether this page can make and show passkeys: it came over an encrypted line, or from this machine. */
export function hasPasskeys(): boolean {
  return globalThis.isSecureContext === true && "PublicKeyCredential" in globalThis
}

/**
 * Lets the browser make a passkey.
 *
 * @returns what it made, as JSON @throws `DOMException`, as when the person cancels
 */
export async function makePasskey(options: PasskeyOptions): Promise<object> {
  const given = options as unknown as PublicKeyCredentialCreationOptionsJSON
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(given)
  return toJson(await navigator.credentials.create({ publicKey }))
}

/**
 * Lets the person show a passkey.
 *
 * @returns what the browser answers, as JSON @throws `DOMException`, as when the person cancels or has none
 */
export async function showPasskey(options: PasskeyOptions): Promise<object> {
  const given = options as unknown as PublicKeyCredentialRequestOptionsJSON
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(given)
  return toJson(await navigator.credentials.get({ publicKey }))
}

function toJson(credential: Credential | null): object {
  if (credential instanceof PublicKeyCredential) return credential.toJSON()
  throw new DOMException("The browser gave no passkey.", "NotAllowedError")
}
