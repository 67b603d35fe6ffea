import { setTimeout as sleep } from "node:timers/promises"
import { OAuthLogoutNotTold } from "../../errors.ts"
import type { AskClient } from "../clients/client-outbound.ts"
import type { Clients } from "../clients/clients.ts"
import type { KeyRing } from "../keys/key-ring.ts"
import type { Settings } from "../settings.ts"
import { randomToken } from "../store/records.ts"
import type { OAuthStore } from "../store/store.ts"
import { signToken } from "../tokens/sign-token.ts"
import { ClientSessions, type SessionName } from "./client-sessions.ts"
import type { BackChannelOptions, LogoutNotice } from "./logout-notice.ts"

export interface BackChannelParts {
  readonly settings: Settings
  readonly store: OAuthStore
  readonly keys: KeyRing
  readonly clients: Clients
  readonly ask: AskClient
}

const EVENT = "http://schemas.openid.net/event/backchannel-logout"
/** Short: it is made when it is sent. */
const LOGOUT_TOKEN_SECONDS = 120
const WAITS_MS: readonly number[] = [1_000, 5_000, 20_000]
/** Notices on their way from this process. More than these are given up at once, and said so. */
const MAX_UNDERWAY = 1_000

/**
 * Tells clients that somebody signed out, each by a token that is signed for it alone.
 * @see https://openid.net/specs/openid-connect-backchannel-1_0.html
 */
export class BackChannel {
  readonly sessions: ClientSessions
  readonly #parts: BackChannelParts
  readonly #options: BackChannelOptions
  readonly #underway = new Set<Promise<void>>()
  readonly #closing = new AbortController()

  constructor(parts: BackChannelParts, options: BackChannelOptions) {
    this.#parts = parts
    this.#options = options
    this.sessions = new ClientSessions(parts.store)
  }

  /** A session is over: the clients that it signed in to are told. It waits for none of them. */
  async endSession(session: SessionName): Promise<void> {
    const { clock, lifetimes } = this.#parts.settings
    await this.tell(await this.sessions.end(session, clock.now() + lifetimes.codeSeconds * 1000), session)
  }
  /** @param session Without a name of its own: all sessions of the person. */
  async tell(clients: readonly string[], { id, sessionId }: SessionName): Promise<void> {
    for (const clientId of clients) {
      const client = await this.#parts.clients.get(clientId)
      if (client === undefined || client.backChannelLogoutUri === null) continue
      await this.#send({ clientId, sub: id, sid: sessionId ?? null })
    }
  }

  /** Tells one client, once. @throws {OAUTH_LOGOUT_NOT_TOLD} */
  async deliver({ clientId, sub, sid }: LogoutNotice): Promise<void> {
    const { settings, keys, clients, ask } = this.#parts
    const client = await clients.get(clientId)
    // Taken away meanwhile: nobody is there to be told.
    if (client === undefined || client.backChannelLogoutUri === null) return
    const url = client.backChannelLogoutUri
    const iat = Math.floor(settings.clock.now() / 1000)
    const token = await signToken(keys, client.idTokenAlgorithm ?? settings.keys.algorithms[0]!, "logout+jwt", {
      iss: settings.issuer,
      aud: clientId,
      iat,
      exp: iat + LOGOUT_TOKEN_SECONDS,
      jti: randomToken(),
      events: { [EVENT]: {} },
      sub,
      ...(sid !== null && { sid }),
    })
    let status: number
    try {
      const answer = await ask(client, url)(url, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ logout_token: token }).toString(),
      })
      status = answer.status
      await answer.body?.cancel()
    } catch (cause) {
      throw new OAuthLogoutNotTold(undefined, { cause })
    }
    if (status !== 200 && status !== 204) throw new OAuthLogoutNotTold(`The client answered ${status}.`)
  }

  /** What is on its way is tried no more, and over when this resolves. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled(this.#underway)
  }

  async #send(notice: LogoutNotice): Promise<void> {
    const { push, onFailed } = this.#options
    if (push !== undefined) {
      // Who signs out is signed out, whether a client can be told or not.
      await (async () => await push(notice))().catch((error: unknown) => onFailed?.(notice, error))
      return
    }
    if (this.#underway.size >= MAX_UNDERWAY) {
      onFailed?.(notice, new OAuthLogoutNotTold("Too many notices are on their way."))
      return
    }
    const trying = this.#try(notice).catch((error: unknown) => onFailed?.(notice, error))
    this.#underway.add(trying)
    void trying.finally(() => this.#underway.delete(trying))
  }
  async #try(notice: LogoutNotice): Promise<void> {
    for (const waitMs of WAITS_MS)
      try {
        return await this.deliver(notice)
      } catch {
        // One of several processes may be down while it is tried again.
        await sleep(waitMs * (0.75 + Math.random() / 2), undefined, { signal: this.#closing.signal, ref: false })
      }
    await this.deliver(notice)
  }
}
