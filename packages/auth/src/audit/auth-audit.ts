import { createHash } from "node:crypto"
import { type Clock, systemClock } from "@ashlar/core"
import type { BaseContext } from "@ashlar/http"
import type { AuditEvent, AuditParty, AuditWriter } from "@ashlar/security/audit"
import type { Decision } from "../access/access.ts"
import type { RoleChange } from "../access/role-changes.ts"
import type { AccountEvent } from "../accounts/accounts.ts"
import { AuthSetupInvalid } from "../errors.ts"
import type { ImpersonationEvent } from "../impersonation/impersonation.ts"
import type { AnyPrincipal } from "../principal.ts"

export interface AuthAuditOptions {
  /** What `openAudit` of `@ashlar/security/audit` gives. */
  readonly audit: AuditWriter
  /** The stream. Default: `main`. */
  readonly stream?: string
  /** Which decisions are written: those that refuse, all, or none. Default: `denied`. */
  readonly decisions?: "denied" | "all" | "none"
  /** With `all`: which share of those that allow is written, from 0 to 1. Those that refuse always are. Default: 1. */
  readonly sample?: number
  /**
   * Decisions and refused proofs that are written in a minute, 1 to 100,000. Those beyond are counted, and one entry says how many:
   * whoever is refused on purpose fills no disk. Default: 600.
   */
  readonly perMinute?: number
  /** Told of what could not be written behind a decision. */
  readonly onError?: (error: unknown) => void
  readonly clock?: Clock
  /** For tests: a number from 0 to 1, for `sample`. Default: `Math.random`. */
  readonly random?: () => number
}

/**
 * Writes who was refused what, who became whom, whose roles were changed and what happened to accounts into one audit log. It is the
 * `audit` of `defineAccess`, `requireStepUp`, `createRoleChanges`, `createImpersonation` and `openAccounts`.
 *
 * What changes something is written before it happens, and does not happen when it cannot be. Decisions are made at once, so they are
 * written behind, in bounds.
 */
export interface AuthAudit {
  decided(decision: Decision): void
  /** A stronger or newer proof was asked for. */
  stepUpRefused(principal: AnyPrincipal, needed: Readonly<Record<string, unknown>>): void
  rolesChanged(change: RoleChange): Promise<void>
  impersonated(event: ImpersonationEvent): Promise<void>
  account(event: AccountEvent, ctx: BaseContext | undefined): Promise<void>
  /** Resolves when all that is written behind has been, or failed: before a process ends. */
  settled(): Promise<void>
}

const MINUTE_MS = 60_000
/** Entries on their way at once: beyond it a store that hangs would take memory. */
const MAX_PENDING = 1_000

/**
 * @throws {AUTH_SETUP_INVALID}
 * @example
 * const audit = createAuthAudit({ audit: openAudit("sqlite:./data/audit.db") })
 * const access = defineAccess({ actions, roles, audit })
 */
export function createAuthAudit(options: AuthAuditOptions): AuthAudit {
  return new LiveAuthAudit(options)
}

class LiveAuthAudit implements AuthAudit {
  readonly #options: AuthAuditOptions
  readonly #clock: Clock
  readonly #going = new Set<Promise<void>>()
  #minute = { beganMs: Number.NEGATIVE_INFINITY, written: 0, left: 0 }

  constructor(options: AuthAuditOptions) {
    const { sample = 1, perMinute = 600, decisions = "denied" } = options
    if (!(sample >= 0 && sample <= 1)) throw new AuthSetupInvalid(`Expected \`sample\` of 0 to 1, got ${sample}.`)
    if (!Number.isInteger(perMinute) || perMinute < 1 || perMinute > 100_000)
      throw new AuthSetupInvalid(`Expected \`perMinute\` to be a whole number from 1 to 100,000, got ${perMinute}.`)
    if (!["denied", "all", "none"].includes(decisions))
      throw new AuthSetupInvalid('Expected `decisions` to be "denied", "all" or "none".')
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  decided({ allowed, action, principal, by, reason }: Decision): void {
    const { decisions = "denied", sample = 1, random = Math.random } = this.#options
    if (decisions === "none" || (allowed && (decisions === "denied" || random() >= sample))) return
    this.#behind({
      action: allowed ? "access.allowed" : "access.denied",
      outcome: allowed ? "success" : "denied",
      ...partiesOf(principal),
      details: { action, by, reason, method: principal.method },
    })
  }
  stepUpRefused(principal: AnyPrincipal, needed: Readonly<Record<string, unknown>>): void {
    this.#behind({
      action: "step-up.refused",
      outcome: "denied",
      ...partiesOf(principal),
      details: { needed, amr: principal.amr },
    })
  }
  async rolesChanged({ what, principal, targetId, from, to, reason }: RoleChange): Promise<void> {
    await this.#append({
      action: `roles.${what}`,
      outcome: what === "changed" ? "success" : "denied",
      actor: partiesOf(principal).actor,
      target: partyOf("user", targetId),
      details: { from, to, ...(reason !== undefined && { reason }) },
    })
  }
  async impersonated({ what, actorId, targetId, reason }: ImpersonationEvent): Promise<void> {
    await this.#append({
      action: `impersonation.${what}`,
      outcome: what === "refused" ? "denied" : "success",
      actor: partyOf("user", actorId),
      target: partyOf("user", targetId),
      details: { reason },
    })
  }
  async account({ what, userId, by }: AccountEvent, ctx: BaseContext | undefined): Promise<void> {
    const isRefused = what.endsWith(".refused")
    await this.#append({
      action: what,
      outcome: isRefused ? "failure" : "success",
      // Who was refused has proven nothing: it is about the account, and not by its owner.
      actor: userId === undefined || isRefused ? partyOf("anonymous", "-") : partyOf("user", userId),
      ...(userId !== undefined && { target: partyOf("user", userId) }),
      ...(ctx && { context: { address: ctx.address, agent: ctx.headers.get("user-agent")?.slice(0, 256) } }),
      ...(by !== undefined && { details: { by } }),
    })
  }
  async settled(): Promise<void> {
    while (this.#going.size > 0) await Promise.all(this.#going)
  }

  async #append(event: AuditEvent): Promise<void> {
    const { audit, stream } = this.#options
    await audit.append(event, stream === undefined ? {} : { stream })
  }
  #behind(event: AuditEvent): void {
    const nowMs = this.#clock.now()
    if (nowMs - this.#minute.beganMs >= MINUTE_MS) {
      const { left } = this.#minute
      this.#minute = { beganMs: nowMs, written: 0, left: 0 }
      if (left > 0)
        this.#send({ action: "access.left-out", actor: partyOf("service", "auth"), details: { entries: left } })
    }
    if (this.#minute.written >= (this.#options.perMinute ?? 600) || this.#going.size >= MAX_PENDING) {
      this.#minute.left++
      return
    }
    this.#minute.written++
    this.#send(event)
  }
  #send(event: AuditEvent): void {
    const going = this.#append(event)
      .catch((error: unknown) => this.#options.onError?.(error))
      .finally(() => this.#going.delete(going))
    this.#going.add(going)
  }
}

/** Who really acts, and as whom. */
function partiesOf({ id, kind, actor }: Decision["principal"]): Pick<AuditEvent, "actor" | "target"> {
  if (actor === undefined) return { actor: partyOf(kind, id) }
  return { actor: partyOf(actor.kind, actor.id), target: partyOf(kind, id) }
}

/** As a log takes it: names that do not fit, which guards of an app's own may make, are told by their hash. */
function partyOf(type: string, id: string): AuditParty {
  const isFine = /^[\w.-]{1,50}$/.test(type) && /^(?! )[^\p{Cc}]{1,200}(?<! )$/u.test(id) && id.isWellFormed()
  if (isFine) return { type, id }
  const hash = createHash("sha256")
    .update(JSON.stringify([type, id]))
    .digest("base64url")
  return { type: /^[\w.-]{1,50}$/.test(type) ? type : "other", id: `sha256:${hash}` }
}
