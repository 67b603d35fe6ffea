import { createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import type { AnyLayer, BaseContext, ProvidedBy } from "@ashlar/http"
import { type CookieAttributes, cookiesOf } from "@ashlar/http/cookies"
import { CsrfInvalid } from "../errors.ts"
import { type CsrfTokens, carriedToken, type TokenPlace } from "./csrf-tokens.ts"
import { isMasked, mask } from "./mask.ts"

export interface DoubleSubmitOptions<N extends readonly AnyLayer[] = readonly []> extends TokenPlace {
  /** The newest first: it signs, all verify. 32 bytes or more each, 1 to 8 of them. */
  readonly keys: readonly (string | Uint8Array)[]
  /** Layers that must run before, whose fields `session` sees. */
  readonly needs?: N
  /**
   * What names the session: a token is good in its own only, and none from before a login after it. `undefined` is no session, so that
   * forms of login have tokens too.
   * @example session: (ctx) => ctx.session?.id
   */
  readonly session: (ctx: BaseContext & ProvidedBy<N>) => string | undefined
  /** The cookie's name without its prefix. Default: `csrf`, sent as `__Host-csrf`. */
  readonly cookie?: string
  /** Of the cookie. Default: `Path=/; Secure; HttpOnly; SameSite=Lax`, for the browser's session. */
  readonly attributes?: CookieAttributes
}

const RANDOM_BYTES = 32
const MAC_BYTES = 32
const MIN_KEY_BYTES = 32
const MAX_KEYS = 8

/**
 * Tokens without anything kept on the server: a cookie has a random text signed for the session, and the request must say the same. The
 * cookie is `__Host-`, so that no host below the domain can set it, and one that was set all the same is of no other session.
 *
 * @throws {SECURITY_CSRF_INVALID}
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html#signed-double-submit-cookie-recommended
 * @example
 * const tokens = doubleSubmit({ keys: [key], needs: [sessions], session: (ctx) => ctx.session.id })
 * const app = createApp({ layers: [sessions, csrf({ tokens })] })
 * app.get("/form", (ctx) => ctx.html(`<input type="hidden" name="_csrf" value="${tokens.of(ctx)}">`))
 */
export function doubleSubmit<const N extends readonly AnyLayer[] = readonly []>(
  options: DoubleSubmitOptions<N>,
): CsrfTokens<N> {
  const { keys, needs, session, cookie = "csrf", attributes } = options
  if (keys.length === 0 || keys.length > MAX_KEYS)
    throw new CsrfInvalid(`Expected 1 to ${MAX_KEYS} keys, got ${keys.length}.`)
  if (keys.some((key) => Buffer.byteLength(key) < MIN_KEY_BYTES))
    throw new CsrfInvalid(`Expected keys of ${MIN_KEY_BYTES} bytes or more.`)
  const macOf = (key: string | Uint8Array, random: Uint8Array, whose: string | undefined): Uint8Array =>
    createHmac("sha256", key)
      .update(whose === undefined ? "csrf\0nobody" : `csrf\0session\0${whose}`)
      .update(random)
      .digest()
  /** What the cookie holds, if it was signed for this session. */
  const held = (ctx: BaseContext & ProvidedBy<N>): Uint8Array | undefined => {
    const bytes = Buffer.from(cookiesOf(ctx).get(cookie) ?? "", "base64url")
    if (bytes.length !== RANDOM_BYTES + MAC_BYTES) return undefined
    const random = bytes.subarray(0, RANDOM_BYTES)
    const whose = session(ctx)
    const isSigned = keys.some((key) => timingSafeEqual(macOf(key, random, whose), bytes.subarray(RANDOM_BYTES)))
    return isSigned ? bytes : undefined
  }
  return {
    ...(needs !== undefined && { needs }),
    of(ctx) {
      const known = held(ctx)
      if (known !== undefined) return mask(known)
      const random = randomBytes(RANDOM_BYTES)
      const fresh = Buffer.concat([random, macOf(keys[0]!, random, session(ctx))])
      cookiesOf(ctx).set(cookie, fresh.toString("base64url"), attributes)
      return mask(fresh)
    },
    async verify(ctx) {
      const known = held(ctx)
      if (known === undefined) return false
      const token = await carriedToken(ctx, options)
      return token !== undefined && isMasked(token, known)
    },
  }
}
