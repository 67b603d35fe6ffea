import { InvalidInput, RedirectRefused } from "../errors.ts"

const MAX_URLS = 20
const MAX_CHARACTERS = 2048
const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])$/

/**
 * The pages of an app as they are compared. What is secret is added to them, so that they must not be read on the way: `https:`, or
 * `http:` of the developer's own machine.
 *
 * @throws {IDENTITY_INVALID_INPUT}
 */
export function checkRedirectUrls(urls: readonly string[]): readonly string[] {
  const pages = urls.map(toPage)
  if (urls.length <= MAX_URLS && pages.every((page) => page !== undefined)) return [...new Set(pages)]
  throw new InvalidInput(
    `Expected \`redirectUrls\` to be at most ${MAX_URLS} URLs of https:, or of http: on this machine, without user, password and fragment.`,
    { details: { field: "redirectUrls" } },
  )
}

/**
 * Where somebody is led: to the page that is asked for, if it is one of the app's, or else to the first.
 *
 * @returns undefined when nothing was asked for and the app has no page
 * @throws {IDENTITY_REDIRECT_REFUSED} whatever is not on the list, letter for letter
 * @see RFC 9700, section 4.1.3
 */
export function chooseRedirect(urls: readonly string[], asked: string | undefined): string | undefined {
  if (asked === undefined) return urls[0]
  const page = toPage(asked)
  if (page === undefined || !urls.includes(page)) throw new RedirectRefused()
  return page
}

function toPage(text: string): string | undefined {
  const url = text.length <= MAX_CHARACTERS ? URL.parse(text) : null
  if (url === null || url.username !== "" || url.password !== "" || text.includes("#")) return undefined
  const isSafe = url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.test(url.hostname))
  return isSafe ? url.href : undefined
}
