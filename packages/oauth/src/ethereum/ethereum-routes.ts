import { safeNext } from "@ashlar/auth/email"
import type { DeclaredBy } from "@ashlar/core"
import { type BaseContext, type InvalidInput, post, type Route } from "@ashlar/http"
import { type Cookies, createCookies } from "@ashlar/http/cookies"
import { v } from "@ashlar/validation"
import { EthereumSignInInvalid } from "../errors.ts"
import { randomToken } from "../server/store/records.ts"
import type { EthereumSignIn, ProvenAccount } from "./ethereum-sign-in.ts"

export interface EthereumRoutesOptions {
  readonly ethereum: EthereumSignIn
  /** Finds or makes the account of whoever signed, and signs in: `guard.signIn(ctx, { userId, amr: ["swk"] })`. What it returns is the answer; nothing: `{ next }`. */
  readonly onSignIn: (ctx: BaseContext, proven: ProvenAccount & { readonly next: string }) => unknown
}

type Errors = InvalidInput | DeclaredBy<typeof EthereumSignInInvalid>

export interface EthereumRoutes {
  readonly message: Route<
    "POST",
    "/sign-in/ethereum/message",
    { body: { readonly address: string; readonly chainId: number } },
    { readonly message: string },
    Errors
  >
  readonly signIn: Route<
    "POST",
    "/sign-in/ethereum",
    { body: { readonly message: string; readonly signature: string; readonly next?: string | undefined } },
    unknown,
    Errors
  >
}

const COOKIE = "ethereum"
const Account = v.object({ address: v.string().max(42), chainId: v.integer().min(1) })
const Signed = v.object({
  message: v.string().max(4_096),
  signature: v.string().max(8_194),
  next: v.string().max(2_048).optional(),
})
const Message = v.object({ message: v.string() })

/**
 * Routes of Sign-In with Ethereum. A page asks for a message, lets the wallet sign it (`personal_sign`), and posts both: the message is good
 * once, in the browser that asked. Put `csrf()` of `@ashlar/security` around them.
 *
 * @example
 * app.add(ethereumRoutes({ ethereum, onSignIn: async (ctx, { identity }) => {
 *   await guard.signIn(ctx, { userId: await accounts.of(identity), amr: ["swk"] })
 * } }))
 */
export function ethereumRoutes({ ethereum, onSignIn }: EthereumRoutesOptions): EthereumRoutes {
  const isSecure = ethereum.origin.startsWith("https:")
  const jarOf: (ctx: BaseContext) => Cookies = createCookies({ prefix: isSecure ? "__Host-" : "", secure: isSecure })
  const browserOf = (ctx: BaseContext): string => {
    const jar = jarOf(ctx)
    const known = jar.get(COOKIE)
    if (known !== undefined && /^[\w-]{43}$/.test(known)) return known
    const made = randomToken()
    jar.set(COOKIE, made, { maxAgeSeconds: 3_600 })
    return made
  }
  return {
    message: post(
      "/sign-in/ethereum/message",
      {
        summary: "A message for an Ethereum account to sign",
        tags: ["sign-in"],
        body: Account,
        response: Message,
        errors: [EthereumSignInInvalid],
      },
      async (ctx) => {
        ctx.set("cache-control", "no-store")
        return { message: await ethereum.begin({ ...ctx.body, browser: browserOf(ctx) }) }
      },
    ),
    signIn: post(
      "/sign-in/ethereum",
      {
        summary: "Sign in with an Ethereum account",
        tags: ["sign-in"],
        body: Signed,
        errors: [EthereumSignInInvalid],
      },
      async (ctx) => {
        ctx.set("cache-control", "no-store")
        const { message, signature } = ctx.body
        const next = safeNext(ctx.body.next)
        const proven = await ethereum.verify({ message, signature, browser: jarOf(ctx).get(COOKIE) ?? "" })
        const own = await onSignIn(ctx, { ...proven, next })
        return own === undefined ? { next } : own
      },
    ),
  }
}
