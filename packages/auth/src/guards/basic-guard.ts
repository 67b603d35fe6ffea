import type { BaseContext, Failure } from "@ashlar/http"
import type { AnyPrincipal } from "../principal.ts"
import { authorizationOf } from "./authorization.ts"
import { type Guard, guard, refused } from "./guard.ts"

export interface BasicGuardOptions<P extends AnyPrincipal> {
  /** Default `basic`. */
  readonly name?: string
  /** What browsers show when they ask. Default: the name. */
  readonly realm?: string
  /**
   * Tells who it is, or `undefined` where the password is wrong or nobody has the name. Take as long for both, and count the tries:
   * `createTries`.
   */
  readonly verify: (
    credentials: { readonly username: string; readonly password: string },
    ctx: BaseContext,
  ) => P | Failure | undefined | Promise<P | Failure | undefined>
}

/** Names and passwords longer than this are not looked at. */
const MAX_CREDENTIALS = 4_096

/**
 * A guard for `Authorization: Basic`, in UTF-8. For tools and machines behind TLS; people sign in by sessions.
 * @see https://www.rfc-editor.org/rfc/rfc7617
 * @example const ops = basicGuard({ verify: ({ username, password }) => operators.check(username, password) })
 */
export function basicGuard<P extends AnyPrincipal>({
  name = "basic",
  realm = name,
  verify,
}: BasicGuardOptions<P>): Guard<P> {
  return guard<P>({
    name,
    security: { [name]: { type: "http", scheme: "basic" } },
    challenge: { scheme: "Basic", params: { realm, charset: "UTF-8" } },
    identify(ctx) {
      const text = authorizationOf(ctx, "basic")
      if (text === undefined) return undefined
      const credentials = parse(text)
      if (credentials === undefined) return refused()
      const found = verify(credentials, ctx)
      return found instanceof Promise ? found.then((later) => later ?? refused()) : (found ?? refused())
    },
  })
}

function parse(text: string): { readonly username: string; readonly password: string } | undefined {
  if (text.length > MAX_CREDENTIALS || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  let plain: string
  try {
    plain = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(text, "base64"))
  } catch {
    return undefined
  }
  const colon = plain.indexOf(":")
  // biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 7617 allows none of them
  if (colon < 0 || /[\x00-\x1f\x7f]/.test(plain)) return undefined
  return { username: plain.slice(0, colon), password: plain.slice(colon + 1) }
}
