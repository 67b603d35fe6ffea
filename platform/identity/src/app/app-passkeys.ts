import { InvalidInput } from "../errors.ts"
import type { PasskeyPlace } from "../factors/second-factors.ts"

const DOMAIN = /^(?:localhost|(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)$/
const MAX_DOMAIN = 253
const MAX_ORIGINS = 20

/**
 * For which domain an app's passkeys are, and on which of its pages they are made and shown: pages on that domain or below it, which came
 * encrypted, or from the developer's own machine.
 *
 * @throws {IDENTITY_INVALID_INPUT}
 * @see https://www.w3.org/TR/webauthn-3/#relying-party-identifier
 */
export function checkPasskeyPlace({ rpId, origins }: PasskeyPlace): PasskeyPlace {
  // The last label has a letter: an IP address is no domain.
  if (rpId.length > MAX_DOMAIN || !DOMAIN.test(rpId))
    refuse("passkeys.rpId", "a domain such as app.example, in small letters")
  if (origins.length < 1 || origins.length > MAX_ORIGINS || !origins.every((origin) => isOrigin(origin, rpId)))
    refuse("passkeys.origins", `1 to ${MAX_ORIGINS} origins such as https://${rpId}, on that domain or below it`)
  return { rpId, origins: [...new Set(origins)] }
}

function isOrigin(text: string, rpId: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.origin !== text) return false
  const isBelow = url.hostname === rpId || url.hostname.endsWith(`.${rpId}`)
  return isBelow && (url.protocol === "https:" || (url.protocol === "http:" && url.hostname === "localhost"))
}

function refuse(field: string, expected: string): never {
  throw new InvalidInput(`Expected \`${field}\` to be ${expected}.`, { details: { field } })
}
