import {
  type Asker,
  changesBy,
  createMfa,
  type Factor,
  FactorUnknown,
  type Mfa,
  type Passed,
  PasskeyRefused,
  type RememberedDevice,
  StepUpRequired,
  type TotpEnrolment,
} from "@ashlar/auth/mfa"
import type { ProofStore } from "@ashlar/auth/proofs"
import type { Clock } from "@ashlar/core"
import { DevicesForgotten, InvalidInput, MfaOff, PasskeysUnavailable } from "../errors.ts"
import type { Sealer } from "../sealer.ts"
import type { Proven, Sessions } from "../sessions.ts"

/** Where passkeys are made and shown. */
export interface PasskeyPlace {
  /** The domain that they are for: `console.example.com`. Never an IP address. It can never change. */
  readonly rpId: string
  /** `https://console.example.com`, `http://localhost:4000`. */
  readonly origins: readonly string[]
}

type Registration = Parameters<Mfa["passkeys"]["register"]>[1]
type Assertion = Parameters<Mfa["passkeys"]["signIn"]>[0]
/** What `navigator.credentials.create` is given. */
export type PasskeyCreation = Awaited<ReturnType<Mfa["passkeys"]["registrationOptions"]>>
/** What `navigator.credentials.get` is given. */
export type PasskeyRequest = Awaited<ReturnType<Mfa["passkeys"]["signInOptions"]>>

/** How somebody proves a factor, or their password: one of these. */
export interface FactorProof {
  /** A code of an authenticator app. */
  readonly code?: string | undefined
  readonly recoveryCode?: string | undefined
  /** What the browser answered to {@link PasskeyRequest}. */
  readonly passkey?: unknown
  readonly password?: string | undefined
}

export interface FactorState {
  readonly factors: readonly Factor[]
  /** How many are left. */
  readonly recoveryCodes: number
  /** Null where this install has no name that passkeys could be for. */
  readonly passkeys: PasskeyPlace | null
}

/** A factor is added; with the first one come recovery codes, which are shown this once. */
export interface AddedFactor {
  readonly factor: Factor
  readonly recoveryCodes: readonly string[] | null
  /** How its owner is known from now on. */
  readonly proven: Proven
}

/** Whether a second factor is no matter at all, left to each user, or asked of everybody who signs in. */
export type MfaPolicy = "off" | "optional" | "required"

/** What a site says of second factors. */
export interface FactorRules {
  /** How authenticator apps and browsers call it. */
  readonly name: string
  readonly policy: MfaPolicy
  readonly passkeys: PasskeyPlace | undefined
  /** How long a device is remembered on which somebody has shown a factor: 1 to 90. 0: not at all. */
  readonly deviceDays: number
}

/** Whose factors they are, and how they proved who they are: a session, or a sign-in that has no session yet. */
export interface FactorOwner extends Proven {
  readonly user: { readonly id: string; readonly email: string; readonly name: string | null }
  readonly sessionId?: string
}

/** The second factors of people, or of users of an app: what they have, and how they change them. */
export interface SecondFactors {
  state(userId: string): Promise<FactorState>
  /** @throws {AUTH_STEP_UP_REQUIRED} {AUTH_FACTOR_LIMIT} {IDENTITY_MFA_OFF} */
  enrolApp(who: FactorOwner): Promise<TotpEnrolment>
  /** @throws {AUTH_FACTOR_WRONG} {AUTH_FACTOR_UNKNOWN} {AUTH_MFA_LOCKED} {IDENTITY_MFA_OFF} */
  confirmApp(
    who: FactorOwner,
    proof: { readonly factorId: string; readonly code: string; readonly label?: string | undefined },
  ): Promise<AddedFactor>
  /** @throws {AUTH_STEP_UP_REQUIRED} {AUTH_FACTOR_LIMIT} {IDENTITY_PASSKEYS_UNAVAILABLE} {IDENTITY_MFA_OFF} */
  passkeyCreation(who: FactorOwner): Promise<PasskeyCreation>
  /** @throws {AUTH_STEP_UP_REQUIRED} {AUTH_PASSKEY_REFUSED} {IDENTITY_PASSKEYS_UNAVAILABLE} {IDENTITY_MFA_OFF} */
  addPasskey(who: FactorOwner, passkey: unknown, label?: string): Promise<AddedFactor>
  /** Makes new ones; the former ones are of no use any more. @throws {AUTH_STEP_UP_REQUIRED} */
  renewRecoveryCodes(who: FactorOwner): Promise<readonly string[]>
  /** @throws {AUTH_FACTOR_UNKNOWN} */
  rename(who: FactorOwner, factorId: string, label: string): Promise<Factor>
  /** @throws {AUTH_STEP_UP_REQUIRED} {AUTH_FACTOR_UNKNOWN} {IDENTITY_INVALID_INPUT} for the last one where one is asked of everybody */
  remove(who: FactorOwner, factorId: string): Promise<void>
  /** For a person's own passkeys. @throws {IDENTITY_PASSKEYS_UNAVAILABLE} */
  passkeyRequest(userId?: string): Promise<PasskeyRequest>
  /** @throws {AUTH_FACTOR_WRONG} {AUTH_MFA_LOCKED} {AUTH_PASSKEY_REFUSED} {IDENTITY_INVALID_INPUT} */
  prove(userId: string, proof: FactorProof): Promise<Passed>
  /** Who may be signed in by a passkey alone. @throws {AUTH_PASSKEY_REFUSED} {IDENTITY_PASSKEYS_UNAVAILABLE} {IDENTITY_MFA_OFF} */
  proveAlone(passkey: unknown): Promise<Passed>
  /** The kinds of factors that somebody can be asked for at sign-in; none: no second step. */
  kinds(userId: string): Promise<readonly ("totp" | "passkey" | "recovery")[]>
  /** As of now. */
  policy(): MfaPolicy
  /** Devices on which a factor need not be shown at each sign-in. */
  readonly devices: {
    list(userId: string): Promise<readonly RememberedDevice[]>
    /** What the device keeps. A factor was shown on it a moment ago. @throws {AUTH_STEP_UP_REQUIRED} {IDENTITY_DEVICES_FORGOTTEN} */
    remember(who: FactorOwner, label?: string): Promise<{ readonly token: string; readonly expiresMs: number }>
    isKnown(userId: string, token: string | undefined): Promise<boolean>
    /** @throws {AUTH_FACTOR_UNKNOWN} */
    forget(userId: string, deviceId: string): Promise<void>
  }
  /** Takes all away, for an operator who knows the person. */
  reset(userId: string): Promise<void>
}

export interface SecondFactorsOptions {
  readonly store: ProofStore
  readonly sealer: Sealer
  readonly clock: Clock
  readonly sessions: Pick<Sessions, "prove" | "forgetFactors">
  /** Asked each time: an install may learn its address only when it listens, and projects change what they say. */
  readonly rules: () => FactorRules
}

/** What there is by the rules of now. */
interface Opened {
  readonly rules: () => FactorRules
  readonly mfa: () => Mfa
  /** @throws {IDENTITY_PASSKEYS_UNAVAILABLE} */
  readonly passkeys: () => Mfa["passkeys"]
  /** @throws {IDENTITY_MFA_OFF} */
  readonly requireOn: () => void
}

export function createSecondFactors(options: SecondFactorsOptions): SecondFactors {
  const opened = openFactors(options)
  const { rules, mfa, passkeys, requireOn } = opened
  return {
    policy: () => rules().policy,
    async state(userId) {
      const [factors, recoveryCodes] = [await mfa().list(userId), await mfa().recovery.left(userId)]
      return { factors, recoveryCodes, passkeys: rules().passkeys ?? null }
    },
    ...createAdding(options, opened),
    renewRecoveryCodes: async (who) => {
      // Without a factor there is nothing to recover.
      if (!(await mfa().isEnrolled(who.user.id))) throw new InvalidInput("Add an authenticator app or a passkey first.")
      return await mfa().recovery.generate(askerOf(who))
    },
    async rename({ user }, factorId, label) {
      await mfa().rename(user.id, factorId, label)
      return await factorOf(mfa(), user.id, factorId)
    },
    async remove(who, factorId) {
      const kept = await mfa().list(who.user.id)
      if (rules().policy === "required" && kept.length === 1 && kept[0]?.id === factorId)
        throw new InvalidInput("A second factor is asked of everybody here. Add another one before this one goes.")
      await mfa().remove(askerOf(who), factorId)
      if (!(await mfa().isEnrolled(who.user.id))) await options.sessions.forgetFactors(who.user.id)
    },
    passkeyRequest: async (userId) => passkeys().signInOptions(userId),
    async prove(userId, { code, recoveryCode, passkey }) {
      if (code !== undefined) return await mfa().totp.verify(userId, code)
      if (recoveryCode !== undefined) return await mfa().recovery.use(userId, recoveryCode)
      if (passkey !== undefined) return await passkeys().signIn(checkAssertion(passkey), userId)
      throw new InvalidInput("Expected one of `code`, `recoveryCode` and `passkey`.")
    },
    async proveAlone(passkey) {
      requireOn()
      return await passkeys().signIn(checkAssertion(passkey))
    },
    async kinds(userId) {
      const kinds = new Set((await mfa().list(userId)).map(({ kind }) => kind))
      if (kinds.size === 0) return []
      const left = await mfa().recovery.left(userId)
      const known = (["totp", "passkey"] as const).filter((kind) => kinds.has(kind))
      return left > 0 ? [...known, "recovery"] : known
    },
    devices: createDevices(opened),
    reset: (userId) => mfa().reset(userId),
  }
}

/** Made anew when the rules say something else. */
function openFactors({ store, sealer, clock, rules }: SecondFactorsOptions): Opened {
  let made: { readonly mfa: Mfa; readonly by: string } | undefined
  const mfa = (): Mfa => {
    const { name, passkeys: place, deviceDays } = rules()
    const by = JSON.stringify([name, place, deviceDays])
    if (made?.by === by) return made.mfa
    const issuer = name.replaceAll(":", " ").trim() || "App"
    const opened = createMfa({
      ...{ store, clock, key: sealer.deriveKey("factors"), totp: { issuer }, deviceDays: Math.max(1, deviceDays) },
      sealer: {
        seal: (text, context) => Buffer.from(sealer.seal(Buffer.from(text), `factor/${context}`)).toString("base64url"),
        open: (sealed, context) =>
          Buffer.from(sealer.open(Buffer.from(sealed, "base64url"), `factor/${context}`)).toString(),
      },
      ...(place !== undefined && { passkeys: { ...place, rpName: issuer } }),
    })
    made = { mfa: opened, by }
    return opened
  }
  return {
    rules,
    mfa,
    passkeys() {
      if (rules().passkeys === undefined) throw new PasskeysUnavailable()
      return mfa().passkeys
    },
    requireOn() {
      if (rules().policy === "off") throw new MfaOff()
    },
  }
}

type Adding = Pick<SecondFactors, "enrolApp" | "confirmApp" | "passkeyCreation" | "addPasskey">

function createAdding(options: SecondFactorsOptions, { mfa, passkeys, requireOn }: Opened): Adding {
  const { sessions, store, clock } = options
  /**
   * What is said of somebody who has added a factor, and whoever asks with it. Where the session was ended meanwhile, by a new password
   * or by who owns the address, it is none: it may be a stranger's.
   */
  async function keep(who: FactorOwner, { kind, id }: Pick<Factor, "kind" | "id">, passed?: Passed) {
    const asker = askerOf(who)
    const { amr, authTimeMs } = passed === undefined ? asker : changesBy(passed, asker, clock.now())
    if (who.sessionId !== undefined) {
      const session = { userId: who.user.id, sessionId: who.sessionId }
      await sessions.prove(session, { amr, authTimeMs }).catch(async (error: unknown) => {
        await store.take(kind, id)
        throw error
      })
    }
    return { ...asker, amr, authTimeMs }
  }
  /** With the first one come recovery codes. */
  async function added(factor: Factor, asker: Asker & Proven, isFirst: boolean): Promise<AddedFactor> {
    const { id, amr, authTimeMs } = asker
    const hasCodes = !isFirst || (await mfa().recovery.left(id)) > 0
    const recoveryCodes = hasCodes ? null : await mfa().recovery.generate(asker)
    return { factor, recoveryCodes, proven: { amr, authTimeMs } }
  }

  return {
    async enrolApp(who) {
      requireOn()
      return await mfa().totp.enrol(askerOf(who), who.user.email)
    },
    async confirmApp(who, { factorId, code, label }) {
      requireOn()
      const passed = await mfa().totp.confirm(who.user.id, factorId, { code, ...(label !== undefined && { label }) })
      const asker = await keep(who, { kind: "totp", id: factorId }, passed)
      return await added(await factorOf(mfa(), who.user.id, factorId), asker, true)
    },
    async passkeyCreation(who) {
      requireOn()
      const { email: name, name: displayName } = who.user
      return await passkeys().registrationOptions(askerOf(who), { name, displayName: displayName ?? name })
    },
    async addPasskey(who, passkey, label) {
      requireOn()
      const { id } = who.user
      const isFirst = !(await mfa().isEnrolled(id))
      const factor = await passkeys().register(id, passkey as Registration, label)
      // Its device has verified its owner a moment ago. Who had a factor before has proven that one, and is known by it.
      const words = [factor.isBackedUp ? "swk" : "hwk", "user", "mfa"]
      const passed = { userId: id, factorId: factor.id, amr: words, acr: "phr" } as const
      const asker = await keep(who, factor, isFirst ? passed : undefined)
      return await added(factor, asker, isFirst)
    },
  }
}

function createDevices({ rules, mfa, requireOn }: Opened): SecondFactors["devices"] {
  return {
    list: (userId) => mfa().devices.list(userId),
    async remember(who, label) {
      requireOn()
      if (rules().deviceDays === 0) throw new DevicesForgotten()
      // Without a factor there is nothing that it stands for.
      if (!who.amr.includes("mfa"))
        throw new StepUpRequired(StepUpRequired.summary, { details: { amr: ["mfa"], maxAgeSeconds: 600 } })
      return await mfa().devices.remember(askerOf(who), label)
    },
    isKnown: async (userId, token) => rules().deviceDays > 0 && (await mfa().devices.isKnown(userId, token)),
    async forget(userId, deviceId) {
      if (!(await mfa().devices.revoke(userId, deviceId))) throw new FactorUnknown()
    },
  }
}

function askerOf({ user, amr, authTimeMs }: FactorOwner): Asker & Proven {
  return { id: user.id, amr, authTimeMs }
}

async function factorOf(mfa: Mfa, userId: string, factorId: string): Promise<Factor> {
  const found = (await mfa.list(userId)).find(({ id }) => id === factorId)
  if (found === undefined) throw new StepUpRequired()
  return found
}

/** What has not even the shape of an answer is no answer. */
function checkAssertion(given: unknown): Assertion {
  const { id, response } = (given ?? {}) as { readonly id?: unknown; readonly response?: unknown }
  if (typeof id !== "string" || typeof response !== "object" || response === null) throw new PasskeyRefused()
  return given as Assertion
}
