import type { Principal } from "@ashlar/auth"
import { changesBy, type Passed } from "@ashlar/auth/mfa"
import { type BaseContext, Failure } from "@ashlar/http"
import { type Cookies, createCookies } from "@ashlar/http/cookies"
import type { Parts } from "./parts.ts"

const DEVICE_SECONDS = 30 * 86_400

/** What signs people in and asks whether they have shown all that they must. */
export interface Signing {
  /** Begins a session, and says where to go on: to the second factor first, where there is one and the device is not known. */
  begin(
    ctx: BaseContext,
    who: { readonly userId: string; readonly amr: readonly string[]; readonly next: string },
  ): Promise<string>
  /** Adds a factor to the session of whoever is signed in. */
  add(ctx: BaseContext, passed: Passed, principal: Principal, remember: boolean): Promise<void>
  /** Who is signed in, whatever is missing. */
  principalOf(ctx: BaseContext): Promise<Principal | undefined>
  /** Whether nothing is missing. */
  isComplete(principal: Principal): Promise<boolean>
}

export function createSigning({ signedIn, mfa, isSecure, journal }: Parts): Signing {
  const jarOf = createCookies({ prefix: isSecure ? "__Host-" : "", secure: isSecure })
  const deviceOf = (jar: Cookies): string | undefined => jar.get("device")
  return {
    async begin(ctx, { userId, amr, next }) {
      const isKnown = await mfa.devices.isKnown(userId, deviceOf(jarOf(ctx)))
      const ways = isKnown ? [...amr, "device"] : amr
      await journal.note(ctx, "session.started", { about: userId, details: { by: ways } })
      await signedIn.signIn(ctx, { userId, amr: ways })
      if (isKnown || amr.includes("mfa") || !(await mfa.isEnrolled(userId))) return next
      return `/factor?next=${encodeURIComponent(next)}`
    },
    async add(ctx, passed, principal, remember) {
      const changes = changesBy(passed, principal)
      await journal.note(ctx, "factor.shown", { about: principal.id, details: { by: passed.amr } })
      await signedIn.rotate(ctx, changes)
      if (!remember) return
      const { token } = await mfa.devices.remember(
        { ...principal, ...changes },
        ctx.headers.get("user-agent") ?? undefined,
      )
      jarOf(ctx).set("device", token, { maxAgeSeconds: DEVICE_SECONDS })
    },
    async principalOf(ctx) {
      const found = await signedIn.sources[0]!.identify(ctx)
      return found instanceof Failure ? undefined : found
    },
    isComplete: async ({ id, amr }) => amr.includes("mfa") || amr.includes("device") || !(await mfa.isEnrolled(id)),
  }
}
