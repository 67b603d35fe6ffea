import type { AttemptRule } from "./attempt-limit.ts"

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Every bound of identity. */
export interface IdentityLimits {
  /** How long an access token works. Default 5 minutes. */
  readonly accessTokenMs: number
  /** A session unused for this long is over. Default 30 days. */
  readonly sessionIdleMs: number
  /** A session is over this long after its sign-in, used or not. Default 90 days. */
  readonly sessionAbsoluteMs: number
  /** How long the token before the current one still works, for two tabs that refresh at once. Default 10 seconds. */
  readonly refreshGraceMs: number
  /** Sessions an account has at once; one more ends the one not used for longest. Default 100. */
  readonly sessionsPerAccount: number
  /** How long a set-up link works. Default 24 hours. */
  readonly setupTokenMs: number
  /** How long an invite works. Default 7 days. */
  readonly inviteMs: number
  /** How long a program waits to be let in by a person with a browser. Default 10 minutes. */
  readonly deviceCodeMs: number
  /** Sign-ins that may fail for one account. Default 10 in 15 minutes. */
  readonly attemptsPerAccount: AttemptRule
  /** Sign-ins and sign-ups from one address (IPv6: one /64). Default 100 in 15 minutes. */
  readonly attemptsPerAddress: AttemptRule
  /** How long a device is remembered on which a person has shown a second factor: 1 to 90 days. Default 30. */
  readonly rememberDeviceDays: number
  /** Messages to one address of a person, or of an app's user. Default 5 in an hour. */
  readonly mailPerAddress: AttemptRule
  /** A signing key older than this is replaced at the next sign-in or refresh. Default 30 days. */
  readonly signingKeyMs: number
}

export const defaultLimits: IdentityLimits = {
  accessTokenMs: 5 * MINUTE_MS,
  sessionIdleMs: 30 * DAY_MS,
  sessionAbsoluteMs: 90 * DAY_MS,
  refreshGraceMs: 10_000,
  sessionsPerAccount: 100,
  setupTokenMs: 24 * HOUR_MS,
  inviteMs: 7 * DAY_MS,
  deviceCodeMs: 10 * MINUTE_MS,
  attemptsPerAccount: { limit: 10, windowMs: 15 * MINUTE_MS },
  attemptsPerAddress: { limit: 100, windowMs: 15 * MINUTE_MS },
  rememberDeviceDays: 30,
  mailPerAddress: { limit: 5, windowMs: HOUR_MS },
  signingKeyMs: 30 * DAY_MS,
}
