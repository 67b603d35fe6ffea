import type { Clock } from "@ashlar/core"
import type { BaseContext } from "@ashlar/http"
import { type Cookies, createCookies } from "@ashlar/http/cookies"
import { safeNext } from "../email/safe-next.ts"
import { CredentialsInvalid, CredentialsMissing } from "../errors.ts"
import type { FactorKind, Passed } from "../mfa/factor.ts"
import type { Mfa } from "../mfa/mfa.ts"
import { changesBy } from "../mfa/require-mfa.ts"
import type { Principal } from "../principal.ts"
import type { SessionGuard } from "../sessions/session-guard.ts"
import type { Sessions } from "../sessions/sessions.ts"
import type { AccountUsers } from "./account-users.ts"
import type { AccountNote } from "./accounts.ts"
import type { Entered, Proven, StepWay } from "./entered.ts"

export interface EntryParts {
  readonly users: Pick<AccountUsers, "find">
  readonly guard: SessionGuard
  /** Of who has shown the first of two things: another cookie, another store, ten minutes. It opens nothing but the second step. */
  readonly halfway: SessionGuard
  readonly sessions: Sessions
  readonly mfa: Mfa
  readonly isSecure: boolean
  readonly deviceDays: number
  readonly sendsCodes: boolean
  readonly note: AccountNote
  readonly clock: Clock
}

interface SecondStep {
  readonly shown: Promise<Passed>
  /** Whether this device need not show a factor again for a while. */
  readonly remember: boolean
  /** Where to go on. Default: where the first step wanted to. */
  readonly next?: string | undefined
}

const DEVICE = "trusted-device"
export const HALFWAY = "second-step"

/** What leads from a proof to a session, by one step or two. */
export class AccountEntry {
  readonly #parts: EntryParts
  readonly #jarOf: (ctx: BaseContext) => Cookies

  constructor(parts: EntryParts) {
    this.#parts = parts
    this.#jarOf = createCookies({ prefix: parts.isSecure ? "__Host-" : "", secure: parts.isSecure })
  }

  async begin(ctx: BaseContext, { userId, amr, acr, next }: Proven): Promise<Entered> {
    const { users, guard, halfway, mfa, note, sessions } = this.#parts
    if ((await users.find(userId)) === undefined) throw new CredentialsInvalid()
    const isEnrolled = await mfa.isEnrolled(userId)
    const isKnown = isEnrolled && (await mfa.devices.isKnown(userId, this.#jarOf(ctx).get(DEVICE)))
    const to = safeNext(next)
    const proof = { userId, ...(acr !== undefined && { acr }) }
    // Whatever the caller showed ends, also where nothing begins yet.
    if (isEnrolled && !isKnown && !amr.includes("mfa")) {
      await guard.signOut(ctx)
      await halfway.signIn(ctx, { ...proof, amr, claims: { next: to } }, { remember: false })
      return { state: "second-step", ways: await this.#waysOf(userId), next: to }
    }
    const ways = isKnown ? [...amr, "device"] : amr
    await note({ what: "session.started", userId, by: ways }, ctx)
    await halfway.signOut(ctx)
    const { id } = await guard.signIn(ctx, { ...proof, amr: ways })
    // A factor that was added in this moment ended all sessions but this one, which was not there yet.
    if (!isEnrolled && !amr.includes("mfa") && (await mfa.isEnrolled(userId))) {
      await guard.signOut(ctx)
      await sessions.revoke(userId, id)
      throw new CredentialsInvalid()
    }
    return { state: "signed-in", ways: [], next: to }
  }

  /** A factor is shown: by who is half-way in, or by who is in and was asked for it again. */
  async second(ctx: BaseContext, principal: Principal, { shown, remember, next }: SecondStep): Promise<Entered> {
    const passed = await this.#noted(ctx, principal, shown)
    const { users, guard, halfway, note, clock } = this.#parts
    const changes = changesBy(passed, principal, clock.now())
    const to = safeNext(next, safeNext(principal.claims.next))
    if ((await users.find(principal.id)) === undefined) throw new CredentialsInvalid()
    await note({ what: "factor.shown", userId: principal.id, by: passed.amr }, ctx)
    if (principal.method === HALFWAY) {
      // Of several who go on from one first step, one does.
      if (!(await halfway.signOut(ctx))) throw new CredentialsMissing()
      await note({ what: "session.started", userId: principal.id, by: changes.amr }, ctx)
      await guard.signIn(ctx, { userId: principal.id, ...changes })
    } else await guard.rotate(ctx, changes)
    if (remember) await this.#remember(ctx, { ...principal, ...changes })
    return { state: "signed-in", ways: [], next: to }
  }

  /** There is one more factor: this session has shown it, where it was `passed`; those in which none was shown end. */
  async added(
    ctx: BaseContext,
    principal: Principal,
    { kind, passed }: { readonly kind: FactorKind; readonly passed?: Passed },
  ): Promise<void> {
    const { guard, sessions, note, clock } = this.#parts
    const { id, sessionId } = principal
    await note({ what: "factor.added", userId: id, by: [kind] }, ctx)
    if (passed !== undefined) await guard.rotate(ctx, changesBy(passed, principal, clock.now()))
    for (const session of await sessions.list(id)) {
      const isProven = session.amr.includes("mfa") || session.amr.includes("device")
      if (!isProven && session.id !== sessionId) await sessions.revoke(id, session.id)
    }
  }

  async #noted(ctx: BaseContext, { id }: Principal, shown: Promise<Passed>): Promise<Passed> {
    try {
      return await shown
    } catch (error) {
      await this.#parts.note({ what: "factor.refused", userId: id }, ctx)
      throw error
    }
  }
  async #waysOf(userId: string): Promise<readonly StepWay[]> {
    const { mfa, sendsCodes } = this.#parts
    const kinds = new Set((await mfa.list(userId)).map(({ kind }) => kind))
    return [
      ...(kinds.has("passkey") ? (["passkey"] as const) : []),
      ...(kinds.has("totp") ? (["code"] as const) : []),
      ...(kinds.has("sent-code") && sendsCodes ? (["sent"] as const) : []),
      ...((await mfa.recovery.left(userId)) > 0 ? (["recovery"] as const) : []),
    ]
  }
  async #remember(ctx: BaseContext, principal: Principal): Promise<void> {
    const { mfa, deviceDays } = this.#parts
    const { token } = await mfa.devices.remember(principal, ctx.headers.get("user-agent") ?? undefined)
    this.#jarOf(ctx).set(DEVICE, token, { maxAgeSeconds: deviceDays * 86_400 })
  }
}
