import { randomInt } from "node:crypto"
import type { Clock } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import type { User } from "./accounts.ts"
import { type AttemptLimit, addressKey } from "./attempt-limit.ts"
import type { DeviceClaim, DeviceOutcome, DeviceRequest } from "./device-procedures.ts"
import { DeviceCodeSpent, DeviceDenied, DevicePending, TooManyAttempts } from "./errors.ts"
import type { IdentityLimits } from "./limits.ts"
import { type Client, toStoredClient } from "./person.ts"
import { DEVICE, type Session, type Sessions } from "./sessions.ts"
import { createSingleUseToken, hashToken } from "./tokens.ts"

/** What a program without a browser of its own is given, to be let in by somebody who has one. */
export interface DeviceStart {
  /** The program's secret: it asks with it whether it was let in. */
  readonly deviceCode: string
  /** What the person types or compares: `BCDF-GHJK`. */
  readonly userCode: string
  readonly expiresAt: string
  /** The program asks no more often than this. */
  readonly intervalSeconds: number
}

/** Who asks to be let in, for the person who decides. */
export interface DeviceFacts {
  readonly userAgent: string
  readonly address: string
  readonly startedAt: string
  readonly expiresAt: string
}

/** Signing in where a password cannot be typed, or shall not. @see RFC 8628 */
export interface Devices {
  /** @throws {IDENTITY_TOO_MANY_ATTEMPTS} */
  start(client: Client): Promise<DeviceStart>
  /**
   * Looks at a code that waits, for the person who was shown it.
   *
   * @throws {IDENTITY_DEVICE_CODE_SPENT} @throws {IDENTITY_TOO_MANY_ATTEMPTS} for codes that are guessed
   */
  look(code: { readonly userCode: string; readonly userId: string }): Promise<DeviceFacts>
  /** Decides once. @throws as `look` */
  decide(decision: {
    readonly userCode: string
    readonly userId: string
    readonly approve: boolean
    /** Whether whoever decides has shown a second factor: then the program counts as a device of theirs. Default: no. */
    readonly isVouched?: boolean
  }): Promise<void>
  /**
   * Signs the program in as the person who let it in; the code is spent then, whoever asks at the same time.
   *
   * @throws {IDENTITY_DEVICE_PENDING} nobody has decided yet @throws {IDENTITY_DEVICE_DENIED} once, then it is spent
   * @throws {IDENTITY_DEVICE_CODE_SPENT} used, expired or unknown @throws {IDENTITY_TOO_MANY_ATTEMPTS} asked too often
   */
  claim(request: { readonly deviceCode: string; readonly client: Client }): Promise<Session>
}

/** No vowels, so that no word comes out, and nothing that looks like something else (RFC 8628, section 6.1). */
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
const CODE_LETTERS = 8
const INTERVAL_SECONDS = 5
const DEVICE_CODE = /^dv_[A-Za-z0-9_-]{43}$/

export function createDevices(options: {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly sessions: Sessions
  readonly find: (userId: string) => User | undefined
  readonly perAccount: AttemptLimit
  readonly perAddress: AttemptLimit
  readonly limits: IdentityLimits
}): Devices {
  const { file, clock, sessions, perAccount, perAddress, limits } = options

  interface Row {
    readonly user_agent: string
    readonly address: string
    readonly created_at: number
    readonly expires_at: number
  }
  const findCode = (userCode: string): Row => {
    const sql = "SELECT * FROM identity_devices WHERE user_code = ? AND decision = 'pending' AND expires_at > ?"
    const row = file.get<Row>(sql, [foldCode(userCode), clock.now()])
    if (row === undefined) throw new DeviceCodeSpent()
    return row
  }

  return {
    async start(client) {
      await perAddress.take(addressKey(client.address))
      const deviceCode = createSingleUseToken("dv")
      const userCode = createUserCode()
      const createdAtMs = clock.now()
      const expiresAtMs = createdAtMs + limits.deviceCodeMs
      const request: DeviceRequest = {
        ...{ deviceHash: hashToken(deviceCode), userCode, createdAtMs, expiresAtMs },
        ...toStoredClient(client),
      }
      await file.call("identity.requestDevice", request)
      const shown = `${userCode.slice(0, 4)}-${userCode.slice(4)}`
      return { deviceCode, userCode: shown, expiresAt: toTime(expiresAtMs), intervalSeconds: INTERVAL_SECONDS }
    },

    async look({ userCode, userId }) {
      await perAccount.take(userId)
      const { user_agent: userAgent, address, created_at, expires_at } = findCode(userCode)
      await perAccount.forgive(userId)
      return { userAgent, address, startedAt: toTime(created_at), expiresAt: toTime(expires_at) }
    },

    async decide({ userCode, userId, approve, isVouched = false }) {
      await perAccount.take(userId)
      const [decided] = await file.write([
        {
          sql: `UPDATE identity_devices SET decision = ?, account_id = ?, vouched = ?
                WHERE user_code = ? AND decision = 'pending' AND expires_at > ?`,
          params: [approve ? "approved" : "denied", userId, isVouched ? 1 : 0, foldCode(userCode), clock.now()],
        },
      ])
      if (decided?.changes !== 1) throw new DeviceCodeSpent()
      await perAccount.forgive(userId)
    },

    async claim({ deviceCode, client }) {
      if (!DEVICE_CODE.test(deviceCode)) throw new DeviceCodeSpent()
      const nowMs = clock.now()
      const claim: DeviceClaim = { deviceHash: hashToken(deviceCode), nowMs, intervalMs: INTERVAL_SECONDS * 1000 }
      const outcome = await file.call<DeviceOutcome>("identity.claimDevice", claim)
      switch (outcome.kind) {
        case "pending":
          throw new DevicePending(undefined, { details: { retryAfterSeconds: INTERVAL_SECONDS } })
        case "hasty":
          throw new TooManyAttempts(`Expected ${INTERVAL_SECONDS} seconds between two questions. Ask less often.`, {
            details: { retryAfterSeconds: INTERVAL_SECONDS },
          })
        case "denied":
          throw new DeviceDenied()
        case "spent":
          throw new DeviceCodeSpent()
        case "approved": {
          const user = options.find(outcome.accountId)
          if (user === undefined) throw new DeviceCodeSpent()
          // Whoever talked somebody into a code has a session, and no say in how its owner signs in: nothing was proven here.
          const amr = outcome.isVouched ? [DEVICE] : []
          const session = sessions.prepare(user.id, client, { amr, authTimeMs: 0 })
          await file.write(session.statements)
          return await session.finish(user)
        }
      }
    },
  }
}

function createUserCode(): string {
  return Array.from({ length: CODE_LETTERS }, () => LETTERS[randomInt(LETTERS.length)]).join("")
}

/** A code as it is typed: in any case, with or without its hyphen. */
function foldCode(text: string): string {
  return text
    .slice(0, 64)
    .toUpperCase()
    .replace(/[^A-Z]/g, "")
}

function toTime(ms: number): string {
  return new Date(ms).toISOString()
}
