import type { Clock, IdSource } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import type { AccessTokens } from "./access-tokens.ts"
import type { User } from "./accounts.ts"
import { InvalidCursor, InvalidInput, SealBroken, SessionEnded, SessionNotFound } from "./errors.ts"
import type { IdentityLimits } from "./limits.ts"
import { type Client, toStoredClient } from "./person.ts"
import type { JoiningStatement, RotationOutcome, SessionRotation } from "./procedures.ts"
import type { Sealer } from "./sealer.ts"
import { hashToken, type RefreshTokens } from "./tokens.ts"

/** What a person gets by signing in. Times are RFC 3339 in UTC. */
export interface Session<Account = User> {
  readonly user: Account
  readonly sessionId: string
  readonly accessToken: string
  readonly accessTokenExpiresAt: string
  /** Replaces the token it was got with. Whoever holds it is signed in: give it to its owner only. */
  readonly refreshToken: string
  readonly refreshTokenExpiresAt: string
}

/** A session as its owner sees it in a list. */
export interface SessionInfo {
  readonly id: string
  readonly createdAt: string
  readonly lastUsedAt: string
  readonly expiresAt: string
  readonly userAgent: string
  readonly address: string
  readonly current: boolean
}

/** Who sends a request with an access token. */
export interface SignedIn<Account = User> {
  readonly user: Account
  readonly sessionId: string
  /** How the person proved who they are, such as `pwd`, `otp`, `mfa`. @see RFC 8176 */
  readonly amr: readonly string[]
  /** When they last did. */
  readonly authTimeMs: number
}

/** Says of a session that no factor was shown in it, and that somebody who had shown one let the device in. */
export const DEVICE = "device"

/** Whether a second factor stands behind a session: it was shown, or its device was let in with one. What asks for a step-up asks still. */
export function hasSecondFactor({ amr }: Pick<Proven, "amr">): boolean {
  return amr.includes("mfa") || amr.includes(DEVICE)
}

/** How and when somebody proved who they are. */
export interface Proven {
  readonly amr: readonly string[]
  readonly authTimeMs: number
}

export interface PageRequest {
  /** 1 to 1000. Default 50. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly cursor?: string
}

export interface SessionPageRequest extends PageRequest {
  /** Which session asks, to be marked as `current`. */
  readonly currentSessionId?: string
}

export interface Page<T> {
  readonly items: readonly T[]
  /** The cursor of the next page, or null on the last. */
  readonly next: string | null
}

/** A session that is ready to be written, by itself or with the account it belongs to. */
export interface PreparedSession<Account = User> {
  readonly sessionId: string
  readonly statements: readonly JoiningStatement[]
  /** Call it once the statements are committed. */
  finish(user: Account): Promise<Session<Account>>
}

export interface Sessions<Account = User> {
  /** @param proven Default: by password, now. */
  prepare(userId: string, client: Client, proven?: Proven): PreparedSession<Account>
  /** Lets no session of somebody say any more that a second factor stands behind it: they have none. */
  forgetFactors(userId: string): Promise<void>
  /** What a session says from now on of how its owner proved who they are. @throws {IDENTITY_SESSION_NOT_FOUND} */
  prove(session: { readonly userId: string; readonly sessionId: string }, proven: Proven): Promise<void>
  refresh(refreshToken: string, client: Client): Promise<Session<Account>>
  endByRefreshToken(refreshToken: string): Promise<void>
  authenticate(accessToken: string): Promise<SignedIn<Account>>
  list(userId: string, page?: SessionPageRequest): Page<SessionInfo>
  revoke(session: { readonly userId: string; readonly sessionId: string }): Promise<void>
  revokeAll(userId: string, options?: { readonly exceptSessionId?: string }): Promise<number>
}

interface SessionsOptions<Account> {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly ids: IdSource
  readonly sealer: Sealer
  /** Finds whoever may have a session now: one who may not is as if they were not there. */
  readonly accounts: { find(id: string): Account | undefined }
  /** What access tokens say of their holder besides, and of how they proved who they are. Default: nothing. */
  readonly claimsOf?: (account: Account, proven: Proven) => Readonly<Record<string, unknown>>
  readonly accessTokens: AccessTokens
  readonly refreshTokens: RefreshTokens
  readonly limits: IdentityLimits
}

interface SessionRow {
  n: number
  id: string
  created_at: number
  last_used_at: number
  expires_at: number
  address: string
  user_agent: string
}

export function createSessions<Account extends { readonly id: string }>(
  options: SessionsOptions<Account>,
): Sessions<Account> {
  const { file, clock, accounts, accessTokens, refreshTokens, limits } = options

  async function toSession(
    user: Account,
    { refreshToken, expiresAtMs, ...proven }: Proven & { readonly refreshToken: string; readonly expiresAtMs: number },
  ): Promise<Session<Account>> {
    const sessionId = refreshTokens.parse(refreshToken)!.sessionId
    const claims = options.claimsOf?.(user, proven) ?? {}
    const access = await accessTokens.issue({ userId: user.id, sessionId }, claims)
    return {
      user,
      sessionId,
      accessToken: access.token,
      accessTokenExpiresAt: toTime(access.expiresAtMs),
      refreshToken,
      refreshTokenExpiresAt: toTime(expiresAtMs),
    }
  }

  return {
    prepare(userId, client, proven) {
      const nowMs = clock.now()
      const { amr, authTimeMs } = proven ?? { amr: ["pwd"], authTimeMs: nowMs }
      const sessionId = options.ids()
      const token = refreshTokens.first(sessionId)
      const expiresAtMs = nowMs + Math.min(limits.sessionIdleMs, limits.sessionAbsoluteMs)
      const { address, userAgent } = toStoredClient(client)
      const row = [
        ...[sessionId, userId, hashToken(token), nowMs, nowMs, nowMs, expiresAtMs, address, userAgent],
        ...[amr.join(" "), authTimeMs],
      ]
      return {
        sessionId,
        statements: [...makeRoom(userId, nowMs, limits.sessionsPerAccount), { sql: INSERT_SESSION, params: row }],
        finish: (user) => toSession(user, { refreshToken: token, expiresAtMs, amr, authTimeMs }),
      }
    },

    async refresh(refreshToken, client) {
      const presented = refreshTokens.parse(refreshToken)
      if (!presented) throw new SessionEnded(undefined, { details: { reason: "unknown" } })
      const next = refreshTokens.next(presented)
      const rotation: SessionRotation = {
        sessionId: presented.sessionId,
        presentedHash: hashToken(presented.text),
        nextHash: hashToken(next),
        nowMs: clock.now(),
        graceMs: limits.refreshGraceMs,
        idleMs: limits.sessionIdleMs,
        absoluteMs: limits.sessionAbsoluteMs,
        ...toStoredClient(client),
      }
      const outcome = await file.call<RotationOutcome>("identity.rotateSession", rotation)
      if (outcome.kind !== "continued") throw new SessionEnded(undefined, { details: { reason: outcome.kind } })
      const user = accounts.find(outcome.accountId)
      if (!user) throw new SessionEnded(undefined, { details: { reason: "unknown" } })
      const { expiresAtMs, authTimeMs } = outcome
      return await toSession(user, { refreshToken: next, expiresAtMs, amr: wordsOf(outcome.amr), authTimeMs })
    },

    async endByRefreshToken(refreshToken) {
      const presented = refreshTokens.parse(refreshToken)
      if (presented) await file.write([{ sql: DELETE_SESSION, params: [presented.sessionId] }])
    },

    authenticate: (accessToken) => authenticate(options, accessToken),

    async prove({ userId, sessionId }, { amr, authTimeMs }) {
      const sql = "UPDATE identity_sessions SET amr = ?, proven_at = ? WHERE id = ? AND account_id = ?"
      const [updated] = await file.write([{ sql, params: [amr.join(" "), authTimeMs, sessionId, userId] }])
      if (updated?.changes !== 1) throw new SessionNotFound()
    },

    async forgetFactors(userId) {
      await file.write([{ sql: FORGET_MFA, params: [userId] }])
    },

    list: (userId, page = {}) => listSessions(options, userId, page),

    async revoke({ userId, sessionId }) {
      const [deleted] = await file.write([
        { sql: "DELETE FROM identity_sessions WHERE id = ? AND account_id = ?", params: [sessionId, userId] },
      ])
      if (deleted?.changes !== 1) throw new SessionNotFound()
    },

    async revokeAll(userId, { exceptSessionId = "" } = {}) {
      const [deleted] = await file.write([
        { sql: "DELETE FROM identity_sessions WHERE account_id = ? AND id <> ?", params: [userId, exceptSessionId] },
      ])
      return deleted?.changes ?? 0
    },
  }
}

async function authenticate<Account extends { readonly id: string }>(
  { file, clock, accounts, accessTokens }: SessionsOptions<Account>,
  accessToken: string,
): Promise<SignedIn<Account>> {
  const { userId, sessionId } = await accessTokens.verify(accessToken)
  // The row is read every time: a session that was revoked a moment ago, or before a restart, has none.
  const session = file.get<{ expires_at: number; created_at: number; amr: string; proven_at: number | null }>(
    "SELECT expires_at, created_at, amr, proven_at FROM identity_sessions WHERE id = ? AND account_id = ?",
    [sessionId, userId],
  )
  const user = session && session.expires_at > clock.now() ? accounts.find(userId) : undefined
  if (!session || !user) throw new SessionEnded()
  return { user, sessionId, amr: wordsOf(session.amr), authTimeMs: session.proven_at ?? session.created_at }
}

function wordsOf(amr: string): readonly string[] {
  return amr.split(" ").filter((word) => word !== "")
}

function listSessions(
  { file, clock, sealer }: Pick<SessionsOptions<unknown>, "file" | "clock" | "sealer">,
  userId: string,
  page: SessionPageRequest,
): Page<SessionInfo> {
  const limit = checkLimit(page.limit)
  const context = `identity/cursor/sessions/${userId}`
  const before = page.cursor === undefined ? Number.MAX_SAFE_INTEGER : openCursor(sealer, page.cursor, context)
  const rows = file.all<SessionRow>(
    "SELECT * FROM identity_sessions WHERE account_id = ? AND expires_at > ? AND n < ? ORDER BY n DESC LIMIT ?",
    [userId, clock.now(), before, limit + 1],
  )
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return {
    items: rows.slice(0, limit).map((row) => toSessionInfo(row, page.currentSessionId)),
    next: last ? sealCursor(sealer, last.n, context) : null,
  }
}

const INSERT_SESSION = `INSERT INTO identity_sessions
  (id, account_id, token_hash, rotated_at, created_at, last_used_at, expires_at, address, user_agent, amr, proven_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** Words are whole: `hwk user mfa` becomes `hwk user`. */
const FORGET_MFA = `UPDATE identity_sessions
  SET amr = trim(replace(replace(' ' || amr || ' ', ' mfa ', ' '), ' device ', ' ')) WHERE account_id = ?`

const DELETE_SESSION = "DELETE FROM identity_sessions WHERE id = ?"

/** Removes what is over, and the sessions not used for longest when the account has its fill. */
function makeRoom(userId: string, nowMs: number, sessionsPerAccount: number): JoiningStatement[] {
  return [
    { sql: "DELETE FROM identity_sessions WHERE account_id = ? AND expires_at <= ?", params: [userId, nowMs] },
    {
      sql: `DELETE FROM identity_sessions WHERE n IN (
              SELECT n FROM identity_sessions WHERE account_id = ? ORDER BY last_used_at DESC, n DESC LIMIT -1 OFFSET ?)`,
      params: [userId, sessionsPerAccount - 1],
    },
  ]
}

function toSessionInfo(row: SessionRow, currentSessionId: string | undefined): SessionInfo {
  return {
    id: row.id,
    createdAt: toTime(row.created_at),
    lastUsedAt: toTime(row.last_used_at),
    expiresAt: toTime(row.expires_at),
    userAgent: row.user_agent,
    address: row.address,
    current: row.id === currentSessionId,
  }
}

export function checkLimit(limit: number = 50): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new InvalidInput(`Expected \`limit\` to be a whole number from 1 to 1000, got ${limit}.`, {
      details: { field: "limit" },
    })
  }
  return limit
}

/** A cursor is a sealed row number: it tells nothing, opens for its own list only, and cannot be made up. */
export function sealCursor(sealer: Sealer, n: number, context: string): string {
  return Buffer.from(sealer.seal(Buffer.from(String(n)), context)).toString("base64url")
}

export function openCursor(sealer: Sealer, cursor: string, context: string): number {
  try {
    if (cursor.length > 128) throw new SealBroken()
    return Number(Buffer.from(sealer.open(Buffer.from(cursor, "base64url"), context)).toString())
  } catch (cause) {
    throw new InvalidCursor(undefined, { cause })
  }
}

function toTime(ms: number): string {
  return new Date(ms).toISOString()
}
