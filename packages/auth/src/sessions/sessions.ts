import type { Duration } from "@ashlar/cache"
import { type Clock, defineService, type Guarantees, type Service, type Services, systemClock } from "@ashlar/core"
import { toMs } from "../duration.ts"
import { AuthSetupInvalid } from "../errors.ts"
import { Records } from "../records/open-records.ts"
import type { RecordStore, StoredRecord } from "../records/record-store.ts"
import { hashOf, newSecret, ownerKey } from "../records/secret.ts"
import type { OpenedSession, Session, SessionBeginning, SessionClient, SignIn } from "./session.ts"

export interface SessionsOptions {
  /** Keeps these sessions apart from others in one store; in SQL the table is `ashlar_` and this. Default: `sessions`. */
  readonly name?: string
  /** Ends a session that nobody used for so long. Default: `7d`. For what is worth more take minutes: NIST SP 800-63B says 30 to 60. */
  readonly idle?: Duration
  /** Ends a session so long after it began, however much it is used. Default: `30d`. */
  readonly lifetime?: Duration
  /** How often at most the use of a session is written down; it may end so much earlier by `idle`. Default: `1m`, at most a tenth of `idle`. */
  readonly touchEvery?: Duration
  /** Sessions of one user: beyond it the one that was not used for longest ends. 1 to 500. Default: 50. */
  readonly maxPerUser?: number
  /** What the caller relies on: `{ crossProcess: true }`. A URL whose driver does not promise it is refused at once. */
  readonly needs?: Guarantees
  /** For tests. Default: the machine's. */
  readonly clock?: Clock
}

/** What a rotation may change: all but whose it is. */
export type SessionChanges = Partial<Omit<SignIn, "userId">>

/** Sessions by token: the part that knows no HTTP. */
export interface Sessions {
  /** Begins a session. @throws {AUTH_SETUP_INVALID} {AUTH_STORE_FAILED} {AUTH_STORE_FULL} */
  create(who: SignIn, beginning?: SessionBeginning): Promise<OpenedSession>
  /** The session of a token; undefined when there is none, or it is over. At once where it is in memory. */
  find(token: string): Session | undefined | Promise<Session | undefined>
  /**
   * The same session under another token, with what changed: the old token opens nothing any more. To be called whenever rights change.
   * Of several who rotate one token at once, one does; the others get nothing.
   */
  rotate(token: string, changes?: SessionChanges, client?: SessionClient): Promise<OpenedSession | undefined>
  /** Notes that a session is used, if `touchEvery` has passed. @returns whether it was noted. */
  touch(token: string, client?: SessionClient): Promise<boolean>
  /** Ends the session of a token. @returns whether there was one. */
  end(token: string): Promise<boolean>
  /** The sessions of a user, the last used first. */
  list(userId: string): Promise<readonly Session[]>
  /** Ends one of a user's sessions, wherever it is. @returns whether it was the user's. */
  revoke(userId: string, sessionId: string): Promise<boolean>
  /** Ends all of a user's sessions, but the one that is named. @returns how many. */
  revokeAll(userId: string, except?: { readonly sessionId: string }): Promise<number>
  /** How long a session lasts from its beginning, in milliseconds. */
  readonly lifetimeMs: number
  /** Whether the use of this session is to be noted by now. */
  isStale(session: Session): boolean
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const TOKEN = /^[A-Za-z0-9_-]{43}$/
const MAX_JSON_LENGTH = 8_192
const MAX_USER_AGENT = 256
const MAX_ADDRESS = 64
const TRIES = 4

/**
 * Opens sessions: `memory:`, `sqlite:path`, `postgres://…`, `mysql://…` or `redis://…`, at their first use. A token has 256 random bits, and
 * only its hash is kept.
 *
 * @param url A store of your own is taken as well; closing this closes it.
 * @throws {AUTH_SETUP_INVALID} {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {CORE_DRIVER_GUARANTEE_MISSING}
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html
 * @example
 * const sessions = openSessions("sqlite:./data/app.db", { idle: "30m", lifetime: "12h" })
 */
export function openSessions(url: string | RecordStore, options: SessionsOptions = {}): Sessions {
  return new LiveSessions(url, options)
}

/**
 * The same as a service of an app: opened when it is first asked for, closed with the app.
 * @example
 * export const AppSessions = defineSessions(() => process.env.DATABASE_URL ?? "memory:")
 */
export function defineSessions(
  url: (services: Services) => string | Promise<string>,
  options: SessionsOptions = {},
): Service<Sessions> {
  return defineService<Sessions>({
    name: options.name ?? "sessions",
    open: async (services) => openSessions(await url(services), options),
    close: (sessions) => sessions.close(),
  })
}

class LiveSessions implements Sessions {
  readonly lifetimeMs: number
  readonly #records: Records
  readonly #clock: Clock
  readonly #idleMs: number
  readonly #touchMs: number
  readonly #maxPerUser: number

  constructor(url: string | RecordStore, options: SessionsOptions) {
    const { name = "sessions", idle = "7d", lifetime = "30d", touchEvery = "1m", maxPerUser = 50 } = options
    this.#clock = options.clock ?? systemClock
    this.#idleMs = toMs(idle, "idle", 1_000)
    this.lifetimeMs = toMs(lifetime, "lifetime", 1_000)
    this.#touchMs = Math.min(toMs(touchEvery, "touchEvery"), Math.floor(this.#idleMs / 10))
    if (!Number.isInteger(maxPerUser) || maxPerUser < 1 || maxPerUser > 500)
      throw new AuthSetupInvalid(`Expected maxPerUser to be an integer from 1 to 500, got ${maxPerUser}.`)
    this.#maxPerUser = maxPerUser
    this.#records = new Records(url, { name, clock: this.#clock, ...(options.needs && { needs: options.needs }) })
  }

  async create(who: SignIn, beginning: SessionBeginning = {}): Promise<OpenedSession> {
    const { lifetimeMs = this.lifetimeMs, remember = true, ...client } = beginning
    const nowMs = this.#clock.now()
    const expiresAtMs = nowMs + Math.min(lifetimeMs, this.lifetimeMs)
    const session = sessionOf(who, {
      id: newSecret().slice(0, 22),
      nowMs,
      createdAtMs: nowMs,
      expiresAtMs,
      remember,
      client,
    })
    const store = await this.#records.use()
    await this.#makeRoom(store, session.userId, nowMs)
    const token = newSecret()
    await store.insert(this.#record(hashOf(token), session))
    return { token, session }
  }
  find(token: string): Session | undefined | Promise<Session | undefined> {
    if (!TOKEN.test(token)) return undefined
    const store = this.#records.use()
    if (store instanceof Promise) return store.then((opened) => this.#find(opened, token))
    return this.#find(store, token)
  }
  async rotate(
    token: string,
    changes: SessionChanges = {},
    client: SessionClient = {},
  ): Promise<OpenedSession | undefined> {
    const known = await this.find(token)
    if (known === undefined) return undefined
    const nowMs = this.#clock.now()
    const { userAgent, address } = known
    const said = { ...known, ...changes, userId: known.userId }
    const place = { userAgent: client.userAgent ?? userAgent, address: client.address ?? address }
    const session = sessionOf(said, { ...known, nowMs, client: place })
    const next = newSecret()
    const store = await this.#records.use()
    const isDone = await store.replace(hashOf(token), this.#record(hashOf(next), session))
    return isDone ? { token: next, session } : undefined
  }
  async touch(token: string, client: SessionClient = {}): Promise<boolean> {
    const store = await this.#records.use()
    const record = await store.find(hashOf(token))
    const session = record && this.#alive(record)
    if (record === undefined || session === undefined || !this.isStale(session)) return false
    const address = client.address?.slice(0, MAX_ADDRESS) ?? session.address
    const seen = { ...session, lastSeenMs: this.#clock.now(), ...(address !== undefined && { address }) }
    return await store.change({ ...this.#record(record.key, seen), version: record.version })
  }
  async end(token: string): Promise<boolean> {
    return TOKEN.test(token) && (await (await this.#records.use()).remove(hashOf(token)))
  }
  async list(userId: string): Promise<readonly Session[]> {
    const records = await (await this.#records.use()).list(ownerKey(userId))
    return records
      .map((record) => this.#alive(record))
      .filter((session) => session !== undefined)
      .sort((a, b) => b.lastSeenMs - a.lastSeenMs || b.createdAtMs - a.createdAtMs)
  }
  async revoke(userId: string, sessionId: string): Promise<boolean> {
    const store = await this.#records.use()
    // One that is rotated in this moment is there under another key.
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const record = (await store.list(ownerKey(userId))).find((one) => this.#alive(one)?.id === sessionId)
      if (record === undefined) return false
      if (await store.remove(record.key)) return true
    }
    return false
  }
  async revokeAll(userId: string, except?: { readonly sessionId: string }): Promise<number> {
    const store = await this.#records.use()
    const owner = ownerKey(userId)
    if (except === undefined) return await store.removeOwned(owner)
    const kept = (await store.list(owner)).find((one) => this.#alive(one)?.id === except.sessionId)
    return await store.removeOwned(owner, kept?.key)
  }
  isStale({ lastSeenMs }: Session): boolean {
    return this.#clock.now() - lastSeenMs >= this.#touchMs
  }
  close(): Promise<void> {
    return this.#records.close()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #find(store: RecordStore, token: string): Session | undefined | Promise<Session | undefined> {
    const found = store.find(hashOf(token))
    if (found instanceof Promise) return found.then((record) => record && this.#alive(record))
    return found && this.#alive(found)
  }
  /** The session in a record, unless it is over: by its own times, since a store may keep it for longer. */
  #alive({ value }: StoredRecord): Session | undefined {
    const session = JSON.parse(value) as Session
    const nowMs = this.#clock.now()
    return nowMs < session.expiresAtMs && nowMs - session.lastSeenMs < this.#idleMs ? session : undefined
  }
  #record(key: string, session: Session): StoredRecord {
    const value = JSON.stringify(session)
    if (value.length > MAX_JSON_LENGTH)
      throw new AuthSetupInvalid(
        `Expected a session of at most ${MAX_JSON_LENGTH} characters as JSON, got ${value.length}.`,
      )
    const untilMs = Math.min(session.expiresAtMs, session.lastSeenMs + this.#idleMs)
    return { key, owner: ownerKey(session.userId), value, untilMs, version: 1 }
  }
  /** Ends what was not used for longest, so that one more has room. */
  async #makeRoom(store: RecordStore, userId: string, nowMs: number): Promise<void> {
    const records = await store.list(ownerKey(userId))
    if (records.length < this.#maxPerUser) return
    const seenMs = (record: StoredRecord): number => this.#alive(record)?.lastSeenMs ?? nowMs - this.#idleMs - 1
    const oldest = records.toSorted((a, b) => seenMs(a) - seenMs(b)).slice(0, records.length - this.#maxPerUser + 1)
    for (const { key } of oldest) await store.remove(key)
  }
}

interface SessionFrame {
  readonly id: string
  readonly nowMs: number
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly remember: boolean
  readonly client: SessionClient
}

function sessionOf(who: SignIn, frame: SessionFrame): Session {
  const { id, nowMs, createdAtMs, expiresAtMs, remember } = frame
  const { userAgent, address } = frame.client
  const { userId, roles = [], permissions = [], claims = {}, amr = [], authTimeMs = nowMs } = who
  if (typeof userId !== "string" || userId === "" || userId.length > 255)
    throw new AuthSetupInvalid("Expected userId to be a text of 1 to 255 characters.")
  return {
    id,
    userId,
    roles,
    permissions,
    claims,
    amr,
    authTimeMs,
    ...(who.scopes !== undefined && { scopes: who.scopes }),
    ...(who.acr !== undefined && { acr: who.acr }),
    ...(who.actor !== undefined && { actor: who.actor }),
    remember,
    createdAtMs,
    lastSeenMs: nowMs,
    expiresAtMs,
    ...(userAgent !== undefined && { userAgent: userAgent.slice(0, MAX_USER_AGENT) }),
    ...(address !== undefined && { address: address.slice(0, MAX_ADDRESS) }),
  }
}
