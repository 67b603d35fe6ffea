import { createHash, randomBytes } from "node:crypto"
import type { Duration } from "@ashlar/cache"
import type { RateLimit, RateLimits } from "@ashlar/cache/rate-limits"
import type { BaseContext } from "@ashlar/http"
import { networkOf } from "@ashlar/http/addresses"
import { type Cookies, createCookies } from "@ashlar/http/cookies"
import { TooManyTries } from "../errors.ts"

export interface TryLimit {
  readonly limit: number
  readonly window: Duration
}

export interface TriesOptions {
  /** Where tries are counted: what `openRateLimits` of `@ashlar/cache/rate-limits` gives. */
  readonly limits: RateLimits
  /** Sign the cookie of a known device; the newest first, 32 bytes or more each. */
  readonly deviceKeys: readonly (string | Uint8Array)[]
  /** Keeps these counts apart from others. Default: `sign-in`. */
  readonly name?: string
  /** Of one account, by all devices together that it does not know. Default: 10 in `15m`. */
  readonly account?: TryLimit
  /** Of one account, by one device from where it was signed in before. Default: 10 in `15m`. */
  readonly device?: TryLimit
  /** By one address (IPv6: one network of 64 bits), of all accounts. Default: 100 in `1h`. */
  readonly address?: TryLimit
}

/** A try that was counted, and may be made. */
export interface Try {
  /** To be told when the proof was right: forgets the tries before, and remembers the device. */
  succeeded(): Promise<void>
}

export interface Tries {
  /**
   * Counts a try before it is made, so that of many at once no more are made than may be. `account` is what was typed in, whether there is
   * such an account or not.
   * @throws {AUTH_TOO_MANY_TRIES} with `retryAfterSeconds`. {CACHE_STORE_FAILED} when they cannot be counted: then nobody may try.
   */
  take(ctx: BaseContext, account: string): Promise<Try>
  /** Lets an account be tried again at once, from devices that it does not know. */
  unlock(account: string): Promise<void>
}

const YEAR_SECONDS = 365 * 86_400
const DEVICE = /^([0-9a-f]{32})\.([0-9a-f]{32})$/

/**
 * Limits how often a secret may be tried: by account, by address, and by device. Nobody can lock somebody else out: a device from where an
 * account was signed in before has tries of its own, which no stranger uses up; and every lock ends by itself.
 *
 * @throws {CACHE_OPTION_INVALID} {HTTP_COOKIE_KEYS_INVALID}
 * @see https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
 * @example
 * const tries = createTries({ limits: openRateLimits("memory:"), deviceKeys: [process.env.COOKIE_KEY!] })
 * app.post("/login", { body: Login }, async (ctx) => {
 *   const attempt = await tries.take(ctx, ctx.body.email)
 *   const user = await users.check(ctx.body)
 *   if (user === undefined) return fail(CredentialsInvalid)
 *   await attempt.succeeded()
 *   return await signedIn.signIn(ctx, { userId: user.id, amr: ["pwd"] })
 * })
 */
export function createTries(options: TriesOptions): Tries {
  const { limits, name = "sign-in" } = options
  const few = { limit: 10, window: "15m" } as const
  const jarOf = createCookies({ keys: options.deviceKeys })
  const counts = {
    account: limits.slidingWindow(`${name} account`, options.account ?? few),
    device: limits.slidingWindow(`${name} device`, options.device ?? few),
    address: limits.slidingWindow(`${name} address`, options.address ?? { limit: 100, window: "1h" }),
  }
  return {
    async take(ctx, account) {
      const who = hash(account)
      const jar = jarOf(ctx)
      const device = deviceOf(jar, who)
      // The address first: who tries many accounts from one place does not use up what the accounts have.
      await count(
        counts.address,
        hash(ctx.address === undefined ? "unknown" : (networkOf(ctx.address, 64) ?? "unknown")),
      )
      const [limit, key] = device === undefined ? ([counts.account, who] as const) : ([counts.device, device] as const)
      await count(limit, key)
      return {
        async succeeded() {
          await limit.reset(key)
          if (device !== undefined) return
          const made = `${who}.${randomBytes(16).toString("hex")}`
          jar.setSigned(COOKIE, made, { maxAgeSeconds: YEAR_SECONDS, sameSite: "strict" })
        },
      }
    },
    unlock: (account) => counts.account.reset(hash(account)),
  }
}
const COOKIE = "device"

async function count(limit: RateLimit, key: string): Promise<void> {
  const { allowed, retryAfterMs } = await limit.take(key)
  if (allowed) return
  const retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / 1_000))
  throw new TooManyTries(undefined, { details: { retryAfterSeconds } })
}

/** The device, if it is known for this account. */
function deviceOf(jar: Cookies, who: string): string | undefined {
  const said = jar.getSigned(COOKIE, { maxAgeSeconds: YEAR_SECONDS, sameSite: "strict" })
  return said !== undefined && DEVICE.exec(said)?.[1] === who ? said : undefined
}

/** As it is typed, without the case that people do not mind: what is kept tells no addresses. */
function hash(text: string): string {
  return createHash("sha256").update(text.normalize("NFKC").trim().toLowerCase()).digest("hex").slice(0, 32)
}
