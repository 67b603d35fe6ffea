import { openRateLimits, type RateLimits } from "@ashlar/cache/rate-limits"
import { AuthSetupInvalid } from "../errors.ts"
import type { Asker, Factor } from "./factor.ts"
import { FACTOR_KINDS, labelOf, MfaCore, type MfaCoreOptions } from "./mfa-core.ts"
import { LivePasskeys, type PasskeyOptions, type Passkeys } from "./passkeys.ts"
import { LiveRecoveryCodes, type RecoveryCodes } from "./recovery-codes.ts"
import { LiveRememberedDevices, type RememberedDevices } from "./remembered-devices.ts"
import { LiveSentCodes, type SentCodes, type SentCodesOptions } from "./sent-codes.ts"
import { LiveTotpFactors, type TotpFactors, type TotpOptions } from "./totp-factors.ts"

export interface MfaOptions extends MfaCoreOptions {
  readonly totp: TotpOptions
  /** Absent: no passkeys. */
  readonly passkeys?: PasskeyOptions
  /** Absent: no codes are sent. */
  readonly sentCodes?: SentCodesOptions
  /** How long devices are remembered: 1 to 365. Default: 30. */
  readonly deviceDays?: number
  /** Counts codes that are sent. Default: in this process. */
  readonly limits?: RateLimits
}

/** Second factors of users. */
export interface Mfa {
  readonly totp: TotpFactors
  readonly recovery: RecoveryCodes
  readonly devices: RememberedDevices
  /** @throws {AUTH_SETUP_INVALID} when there are no options for them. */
  readonly passkeys: Passkeys
  /** @throws {AUTH_SETUP_INVALID} when there are no options for them. */
  readonly sentCodes: SentCodes
  /** A user's factors, oldest first; recovery codes and devices are none. */
  list(userId: string): Promise<readonly Factor[]>
  /** Whether a second factor is to be asked for at sign-in. */
  isEnrolled(userId: string): Promise<boolean>
  /** @throws {AUTH_FACTOR_UNKNOWN} */
  rename(userId: string, factorId: string, label: string): Promise<void>
  /**
   * Takes a factor away, and forgets devices: they were remembered for its sake. With the last one the recovery codes go too.
   * @throws {AUTH_STEP_UP_REQUIRED} {AUTH_FACTOR_UNKNOWN}
   */
  remove(asker: Asker, factorId: string): Promise<void>
  /** Takes all away. @throws {AUTH_STEP_UP_REQUIRED} */
  disable(asker: Asker): Promise<void>
  /** The same with nobody asked: for an operator who knows the user, and `markVerified` of e-mail flows. To be audited. */
  reset(userId: string): Promise<void>
}

const ALL_KINDS = [...FACTOR_KINDS, "recovery", "device", "totp-pending", "ticket-mfa-enrol", "ticket-mfa-verify"]

/**
 * Second factors: codes of apps, passkeys, codes that are sent, recovery codes, and devices that are remembered. Secrets are sealed for
 * their user and factor, or kept as hashes; wrong codes are counted before they are compared, over all factors together.
 *
 * @throws {AUTH_SETUP_INVALID}
 * @see https://pages.nist.gov/800-63-4/sp800-63b.html
 * @example
 * const mfa = createMfa({ store, sealer, key, totp: { issuer: "Shop" } })
 * const { qrSvg, factorId } = await mfa.totp.enrol(ctx.principal, user.email)
 * const passed = await mfa.totp.confirm(ctx.principal.id, factorId, { code })
 */
export function createMfa(options: MfaOptions): Mfa {
  const core = new MfaCore(options)
  const { totp, passkeys, sentCodes, deviceDays = 30 } = options
  const keys = passkeys && new LivePasskeys(core, passkeys)
  const limits = options.limits ?? openRateLimits("memory:")
  const limit = limits.slidingWindow("auth-mfa-codes", { limit: sentCodes?.perHour ?? 10, window: "1h" })
  const sent = sentCodes && new LiveSentCodes(core, sentCodes, limit)
  const { store } = core
  return {
    totp: new LiveTotpFactors(core, totp),
    recovery: new LiveRecoveryCodes(core),
    devices: new LiveRememberedDevices(core, deviceDays),
    get passkeys() {
      if (keys === undefined) throw new AuthSetupInvalid("Expected `passkeys` among the options of createMfa.")
      return keys
    },
    get sentCodes() {
      if (sent === undefined) throw new AuthSetupInvalid("Expected `sentCodes` among the options of createMfa.")
      return sent
    },
    list: (userId) => core.factors(userId),
    isEnrolled: async (userId) => (await core.factors(userId)).length > 0,
    async rename(userId, factorId, label) {
      const { kind, id, data } = await core.find(userId, factorId)
      const known = JSON.parse(data) as { readonly label: string }
      await store.replace(kind, id, {
        from: data,
        to: JSON.stringify({ ...known, label: labelOf(label, known.label) }),
      })
    },
    async remove(asker, factorId) {
      await core.requireStepUp(asker)
      const { kind, id } = await core.find(asker.id, factorId)
      await store.take(kind, id)
      await store.removeAll(asker.id, (await core.factors(asker.id)).length === 0 ? ["device", "recovery"] : ["device"])
    },
    async disable(asker) {
      await core.requireStepUp(asker)
      await store.removeAll(asker.id, ALL_KINDS)
    },
    async reset(userId) {
      await store.removeAll(userId, ALL_KINDS)
    },
  }
}
