import {
  type Asker,
  changesBy,
  createMfa,
  type Factor,
  type Mfa,
  type Passed,
  PasskeyRefused,
  StepUpRequired,
  type TotpEnrolment,
} from "@ashlar/auth/mfa"
import type { ProofStore } from "@ashlar/auth/proofs"
import type { Clock } from "@ashlar/core"
import { InvalidInput, PasskeysUnavailable } from "../errors.ts"
import type { Sealer } from "../sealer.ts"
import type { Sessions, SignedIn } from "../sessions.ts"

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
}

/** The second factors of people: what they have, and how they change them. */
export interface SecondFactors {
  state(userId: string): Promise<FactorState>
  /** @throws {AUTH_STEP_UP_REQUIRED} {AUTH_FACTOR_LIMIT} */
  enrolApp(who: SignedIn): Promise<TotpEnrolment>
  /** @throws {AUTH_FACTOR_WRONG} {AUTH_FACTOR_UNKNOWN} {AUTH_MFA_LOCKED} */
  confirmApp(
    who: SignedIn,
    proof: { readonly factorId: string; readonly code: string; readonly label?: string | undefined },
  ): Promise<AddedFactor>
  /** @throws {AUTH_STEP_UP_REQUIRED} {AUTH_FACTOR_LIMIT} {IDENTITY_PASSKEYS_UNAVAILABLE} */
  passkeyCreation(who: SignedIn): Promise<PasskeyCreation>
  /** @throws {AUTH_STEP_UP_REQUIRED} {AUTH_PASSKEY_REFUSED} {IDENTITY_PASSKEYS_UNAVAILABLE} */
  addPasskey(who: SignedIn, passkey: unknown, label?: string): Promise<AddedFactor>
  /** Makes new ones; the former ones are of no use any more. @throws {AUTH_STEP_UP_REQUIRED} */
  renewRecoveryCodes(who: SignedIn): Promise<readonly string[]>
  /** @throws {AUTH_FACTOR_UNKNOWN} */
  rename(who: SignedIn, factorId: string, label: string): Promise<Factor>
  /** @throws {AUTH_STEP_UP_REQUIRED} {AUTH_FACTOR_UNKNOWN} */
  remove(who: SignedIn, factorId: string): Promise<void>
  /** For a person's own passkeys. @throws {IDENTITY_PASSKEYS_UNAVAILABLE} */
  passkeyRequest(userId?: string): Promise<PasskeyRequest>
  /** @throws {AUTH_FACTOR_WRONG} {AUTH_MFA_LOCKED} {AUTH_PASSKEY_REFUSED} {IDENTITY_INVALID_INPUT} */
  prove(userId: string, proof: FactorProof): Promise<Passed>
  /** Who may be signed in by a passkey alone. @throws {AUTH_PASSKEY_REFUSED} {IDENTITY_PASSKEYS_UNAVAILABLE} */
  proveAlone(passkey: unknown): Promise<Passed>
  /** The kinds of factors that somebody can be asked for at sign-in; none: no second step. */
  kinds(userId: string): Promise<readonly ("totp" | "passkey" | "recovery")[]>
  /** Takes all away, for an operator who knows the person. */
  reset(userId: string): Promise<void>
}

export interface SecondFactorsOptions {
  readonly store: ProofStore
  readonly sealer: Sealer
  readonly clock: Clock
  readonly sessions: Pick<Sessions, "prove">
  /** How authenticator apps and browsers call the install. */
  readonly name: string
  /** Asked once, when a factor is first dealt with: an install may learn its address only when it listens. */
  readonly passkeys: () => PasskeyPlace | undefined
}

export function createSecondFactors(options: SecondFactorsOptions): SecondFactors {
  const { store, sealer, clock, sessions, name } = options
  let made: { readonly mfa: Mfa; readonly place: PasskeyPlace | undefined } | undefined
  const open = () => {
    const place = options.passkeys()
    const mfa = createMfa({
      ...{ store, clock, key: sealer.deriveKey("factors"), totp: { issuer: name } },
      sealer: {
        seal: (text, context) => Buffer.from(sealer.seal(Buffer.from(text), `factor/${context}`)).toString("base64url"),
        open: (sealed, context) =>
          Buffer.from(sealer.open(Buffer.from(sealed, "base64url"), `factor/${context}`)).toString(),
      },
      ...(place !== undefined && { passkeys: { ...place, rpName: name } }),
    })
    return { mfa, place }
  }
  const opened = () => {
    made ??= open()
    return made
  }
  const mfa = (): Mfa => opened().mfa
  const passkeys = (): Mfa["passkeys"] => {
    if (opened().place === undefined) throw new PasskeysUnavailable()
    return mfa().passkeys
  }

  /** What a session says once this is proven, and whoever asks with it. */
  async function note(who: SignedIn, passed: Passed): Promise<Asker> {
    const asker = askerOf(who)
    const { amr, authTimeMs } = changesBy(passed, asker, clock.now())
    await sessions.prove({ userId: who.user.id, sessionId: who.sessionId }, { amr, authTimeMs })
    return { ...asker, amr, authTimeMs }
  }
  const firstCodes = async (asker: Asker): Promise<readonly string[] | null> =>
    (await mfa().recovery.left(asker.id)) > 0 ? null : await mfa().recovery.generate(asker)

  return {
    async state(userId) {
      const [factors, recoveryCodes] = [await mfa().list(userId), await mfa().recovery.left(userId)]
      return { factors, recoveryCodes, passkeys: opened().place ?? null }
    },
    enrolApp: (who) => mfa().totp.enrol(askerOf(who), who.user.email),
    async confirmApp(who, { factorId, code, label }) {
      const passed = await mfa().totp.confirm(who.user.id, factorId, { code, ...(label !== undefined && { label }) })
      const asker = await note(who, passed)
      return { factor: await factorOf(mfa(), who.user.id, factorId), recoveryCodes: await firstCodes(asker) }
    },
    passkeyCreation: async (who) =>
      passkeys().registrationOptions(askerOf(who), { name: who.user.email, displayName: who.user.name }),
    async addPasskey(who, passkey, label) {
      const { id } = who.user
      const isFirst = !(await mfa().isEnrolled(id))
      const factor = await passkeys().register(id, passkey as Registration, label)
      // Its device has verified its owner a moment ago. Who had a factor before has proven that one, and is known by it.
      const words = [factor.isBackedUp ? "swk" : "hwk", "user", "mfa"]
      const asker = isFirst
        ? await note(who, { userId: id, factorId: factor.id, amr: words, acr: "phr" })
        : askerOf(who)
      return { factor, recoveryCodes: isFirst ? await firstCodes(asker) : null }
    },
    renewRecoveryCodes: async (who) => {
      // Without a factor there is nothing to recover.
      if (!(await mfa().isEnrolled(who.user.id))) throw new InvalidInput("Add an authenticator app or a passkey first.")
      return await mfa().recovery.generate(askerOf(who))
    },
    async rename({ user }, factorId, label) {
      await mfa().rename(user.id, factorId, label)
      return await factorOf(mfa(), user.id, factorId)
    },
    remove: (who, factorId) => mfa().remove(askerOf(who), factorId),
    passkeyRequest: async (userId) => passkeys().signInOptions(userId),
    async prove(userId, { code, recoveryCode, passkey }) {
      if (code !== undefined) return await mfa().totp.verify(userId, code)
      if (recoveryCode !== undefined) return await mfa().recovery.use(userId, recoveryCode)
      if (passkey !== undefined) return await passkeys().signIn(checkAssertion(passkey), userId)
      throw new InvalidInput("Expected one of `code`, `recoveryCode` and `passkey`.")
    },
    proveAlone: async (passkey) => passkeys().signIn(checkAssertion(passkey)),
    async kinds(userId) {
      const kinds = new Set((await mfa().list(userId)).map(({ kind }) => kind))
      if (kinds.size === 0) return []
      const left = await mfa().recovery.left(userId)
      const known = (["totp", "passkey"] as const).filter((kind) => kinds.has(kind))
      return left > 0 ? [...known, "recovery"] : known
    },
    reset: (userId) => mfa().reset(userId),
  }
}

function askerOf({ user, amr, authTimeMs }: SignedIn): Asker {
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
