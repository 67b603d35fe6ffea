import { AuthSetupInvalid } from "../errors.ts"

/** How a caller may show who it is. @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 */
export interface Challenge {
  /** `Bearer`, `Basic`, `DPoP` … */
  readonly scheme: string
  readonly params?: Readonly<Record<string, string>>
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** What may stand between quotes: no control character ends the header, no other breaks it. */
const TEXT = /^[\t\x20-\x7e]*$/

/** The text of one challenge. @throws {AUTH_SETUP_INVALID} for what no header can say. */
export function challengeText({ scheme, params = {} }: Challenge): string {
  if (!TOKEN.test(scheme)) throw new AuthSetupInvalid(`Expected the scheme of a challenge, got ${show(scheme)}.`)
  const list = Object.entries(params).map(([name, value]) => {
    if (!TOKEN.test(name) || !TEXT.test(value))
      throw new AuthSetupInvalid(`Expected a parameter of a challenge, got ${show(`${name}=${value}`)}.`)
    return `${name}="${value.replaceAll(/["\\]/g, "\\$&")}"`
  })
  return list.length === 0 ? scheme : `${scheme} ${list.join(", ")}`
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, 60))
}
