import { createHmac, timingSafeEqual } from "node:crypto"
import { toBase32 } from "./base32.ts"

export type OtpAlgorithm = "SHA1" | "SHA256" | "SHA512"

/** What authenticator apps are told. Many know the defaults only. */
export interface OtpSettings {
  /** 6 to 8. Default: 6. */
  readonly digits: number
  /** Default: 30. */
  readonly periodSeconds: number
  /** Default: SHA1, which is sound here. */
  readonly algorithm: OtpAlgorithm
}

/** The code of a counter. @see https://www.rfc-editor.org/rfc/rfc4226#section-5.3 */
export function hotp(
  secret: Uint8Array,
  counter: number,
  { digits, algorithm }: Omit<OtpSettings, "periodSeconds">,
): string {
  const message = Buffer.alloc(8)
  message.writeBigUInt64BE(BigInt(counter))
  const mac = createHmac(algorithm.toLowerCase(), secret).update(message).digest()
  const offset = mac[mac.length - 1]! & 15
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff
  return String(number % 10 ** digits).padStart(digits, "0")
}

/** The step of a time. @see https://www.rfc-editor.org/rfc/rfc6238#section-4.2 */
export function stepAt(nowMs: number, periodSeconds: number): number {
  return Math.floor(nowMs / 1_000 / periodSeconds)
}

/** Which of the steps around `step` a code is of, as it is now and `drift` steps before and after; all are looked at. */
export function matchingStep(
  secret: Uint8Array,
  code: string,
  { step, drift, settings }: { readonly step: number; readonly drift: number; readonly settings: OtpSettings },
): number | undefined {
  let found: number | undefined
  for (let at = Math.max(0, step - drift); at <= step + drift; at++) {
    const right = hotp(secret, at, settings)
    if (code.length === right.length && timingSafeEqual(Buffer.from(code), Buffer.from(right))) found ??= at
  }
  return found
}

/** What the QR code of an enrolment says. @see https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
export function otpauthUri(
  secret: Uint8Array,
  { issuer, account, settings }: { readonly issuer: string; readonly account: string; readonly settings: OtpSettings },
): string {
  const { algorithm, digits, periodSeconds } = settings
  const query = Object.entries({ secret: toBase32(secret), issuer, algorithm, digits, period: periodSeconds })
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&")
  return `otpauth://totp/${encodeURIComponent(issuer)}:${encodeURIComponent(account)}?${query}`
}
