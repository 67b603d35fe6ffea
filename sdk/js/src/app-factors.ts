import { isRequestError } from "./errors.ts"
import { createFactors, type FactorProof, type Factors } from "./factors.ts"
import type { PasskeyOptions } from "./passkeys.ts"
import { path } from "./path.ts"
import { type SessionKeeper, signedOut } from "./session-keeper.ts"
import { memoryTokenStore, type TokenStore } from "./token-store.ts"
import type { Transport } from "./transport.ts"
import type {
  AppEnrolled,
  AppEnrolment,
  AppFactorState,
  AppSession,
  AppUser,
  DeviceToken,
  RememberedDevice,
} from "./wire.ts"

/** Whose sign-in goes on, and whether this device is remembered for the days that the app gives. Where it gives none, that does nothing. */
export interface Continued {
  /** `secondStepOf(error)?.ticket` */
  readonly ticket: string
  /** True, or what to call the device. */
  readonly remember?: boolean | string
}

/** A factor was added by signing in: the user, and recovery codes that are shown this once. */
export type AddedBySignIn = Pick<AppEnrolled, "factor" | "recoveryCodes"> & { readonly user: AppUser }

/** Second factors of the app's users, where its settings let them have some. */
export interface AppFactors {
  /** Where signing in ended in IDENTITY_SECOND_FACTOR_NEEDED, by whatever way: `secondStepOf` reads it. */
  readonly secondStep: {
    /** For `showPasskey`. @throws {IDENTITY_SECOND_STEP_OVER} {IDENTITY_PASSKEYS_UNAVAILABLE} */
    passkeyOptions(ticket: string): Promise<PasskeyOptions>
    /** Signs in. @throws {AUTH_FACTOR_WRONG} {AUTH_MFA_LOCKED} {AUTH_PASSKEY_REFUSED} {IDENTITY_SECOND_STEP_OVER} */
    finish(step: Continued & FactorProof): Promise<AppUser>
    /** Where `enrol` is true: begins with an authenticator app. @throws {IDENTITY_SECOND_STEP_OVER} {AUTH_STEP_UP_REQUIRED} */
    enrollApp(ticket: string): Promise<AppEnrolment>
    /** Signs in. @throws {AUTH_FACTOR_WRONG} {AUTH_MFA_LOCKED} @throws as `enrollApp` */
    confirmApp(
      step: Continued & { readonly factorId: string; readonly code: string; readonly label?: string },
    ): Promise<AddedBySignIn>
    /** Where `enrol` is true: for `makePasskey`. @throws as `enrollApp` */
    newPasskeyOptions(ticket: string): Promise<PasskeyOptions>
    /** Signs in. @param step `passkey`: what `makePasskey` gave. @throws {AUTH_PASSKEY_REFUSED} @throws as `enrollApp` */
    addPasskey(step: Continued & { readonly passkey: object; readonly label?: string }): Promise<AddedBySignIn>
  }
  /** Signing in by a passkey, without a password. */
  readonly passkey: {
    /** For `showPasskey`. @throws {IDENTITY_PASSKEYS_UNAVAILABLE} */
    options(): Promise<PasskeyOptions>
    /** @param passkey What `showPasskey` gave. @throws {AUTH_PASSKEY_REFUSED} {IDENTITY_MFA_OFF} */
    signIn(passkey: object): Promise<AppUser>
  }
  /** The factors of whoever is signed in. */
  readonly factors: Factors<AppFactorState> & {
    readonly devices: {
      list(): Promise<readonly RememberedDevice[]>
      /** Remembers this one, on which a factor was shown a moment ago. @throws {AUTH_STEP_UP_REQUIRED} {IDENTITY_DEVICES_FORGOTTEN} */
      remember(label?: string): Promise<void>
      forget(id: string): Promise<void>
    }
  }
}

export function createAppFactors(parts: {
  readonly root: string
  readonly nobody: Transport
  readonly signedIn: Transport
  readonly keeper: SessionKeeper<AppSession>
  readonly devices?: TokenStore<DeviceToken> | undefined
}): AppFactors & { device(): Promise<{ readonly device?: string }> } {
  const { root, nobody, signedIn, keeper, devices = memoryTokenStore<DeviceToken>() } = parts
  const at = `${root}/mfa`
  const ask = <T>(where: string, json?: object): Promise<T> =>
    nobody.json({ method: "POST", path: `${root}/signin/${where}`, ...(json !== undefined && { json }) })

  async function remember(label?: string): Promise<void> {
    const json = label === undefined ? {} : { label }
    await devices.save(await signedIn.json<DeviceToken>({ method: "POST", path: `${at}/devices`, json }))
  }
  async function enter(session: AppSession, wish: Continued["remember"] = false): Promise<AppUser> {
    await keeper.change(session)
    if (wish === false) return session.user
    try {
      await remember(wish === true ? undefined : wish)
    } catch (error) {
      // Whoever is signed in is so: an app that remembers no devices asks again next time.
      if (!isRequestError(error, "IDENTITY_DEVICES_FORGOTTEN") && !isRequestError(error, "IDENTITY_MFA_OFF"))
        throw error
    }
    return session.user
  }
  async function added({ session, factor, recoveryCodes }: AppEnrolled, wish: Continued["remember"]) {
    return { user: await enter(session, wish), factor, recoveryCodes }
  }
  const own = createFactors<AppFactorState>(signedIn, root)
  /** What was proven is in the next token, which this makes. */
  async function renewed<T>(change: Promise<T>): Promise<T> {
    const done = await change
    await keeper.renew()
    return done
  }

  return {
    async device() {
      const kept = await devices.load()
      return kept === null ? {} : { device: kept.token }
    },
    secondStep: {
      passkeyOptions: (ticket) => ask("factor/options", { ticket }),
      finish: async ({ remember: wish, ...json }) => enter(await ask<AppSession>("factor", json), wish),
      enrollApp: (ticket) => ask("enroll", { ticket }),
      confirmApp: async ({ remember: wish, ...json }) => added(await ask<AppEnrolled>("enroll/verify", json), wish),
      newPasskeyOptions: (ticket) => ask("enroll/passkey/options", { ticket }),
      addPasskey: async ({ remember: wish, ...json }) => added(await ask<AppEnrolled>("enroll/passkey", json), wish),
    },
    passkey: {
      options: () => ask("passkey/options"),
      signIn: async (passkey) => enter(await ask<AppSession>("passkey", { passkey })),
    },
    factors: {
      ...own,
      confirmApp: (proof) => renewed(own.confirmApp(proof)),
      addPasskey: (passkey, label) => renewed(own.addPasskey(passkey, label)),
      stepUp: (proof) => renewed(own.stepUp(proof)),
      devices: {
        list: async () =>
          (await signedIn.json<{ readonly items: readonly RememberedDevice[] }>({ path: `${at}/devices` })).items,
        async remember(label) {
          if (!(await keeper.load())) throw signedOut()
          await remember(label)
        },
        forget: (id) => signedIn.json({ method: "DELETE", path: at + path`/devices/${id}` }),
      },
    },
  }
}
