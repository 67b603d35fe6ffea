import { type AshlarRequestError, clientError, isRequestError } from "./errors.ts"
import { memoryTokenStore, type TokenStore } from "./token-store.ts"
import type { Authorizer, Transport } from "./transport.ts"

/** What a keeper needs of a session. */
export interface KeptSession {
  readonly accessToken: string
  readonly accessTokenExpiresAt: string
  readonly refreshToken: string | null
}

export interface SessionKeeperOptions<S> {
  /** Sends without credentials. */
  readonly transport: Transport
  readonly store?: TokenStore<S> | undefined
  /** Where a refresh token is traded for the next session. */
  readonly refreshPath: string
  /** True when the server's cookie holds the refresh token. */
  readonly cookie: boolean
}

/** Holds one session and keeps its tokens fresh. */
export interface SessionKeeper<S> {
  readonly authorizer: Authorizer
  load(): Promise<S | null>
  /** A sign-in or a sign-out: it overtakes a renewal that is under way. */
  change(session: S | null): Promise<void>
  renew(): Promise<S>
  onChange(listener: (session: S | null) => void): () => void
}

/** An access token is renewed when it has less than this to live. */
const RENEW_BEFORE_MS = 30_000
/** With a clock that is wrong every token looks old: then the 401 decides, and renewing ahead is done this rarely. */
const RENEW_AHEAD_EVERY_MS = 60_000

export function signedOut(): AshlarRequestError {
  return clientError("SDK_SIGNED_OUT", "Nobody is signed in. Sign in first.")
}

export function createSessionKeeper<S extends KeptSession>(options: SessionKeeperOptions<S>): SessionKeeper<S> {
  const store = options.store ?? memoryTokenStore<S>()
  const listeners = new Set<(session: S | null) => void>()
  let renewing: Promise<S> | undefined
  let renewedAtMs = 0
  // Counts sign-ins and sign-outs, so that a renewal which they overtake is thrown away.
  let era = 0

  async function keep(session: S | null): Promise<void> {
    await store.save(session)
    for (const listener of listeners) listener(session)
  }

  async function requestRenewal(): Promise<S> {
    const old = await store.load()
    if (!old?.refreshToken && !options.cookie) throw signedOut()
    const started = era
    const json = old?.refreshToken ? { refreshToken: old.refreshToken } : {}
    try {
      const session = await options.transport.json<S>({ method: "POST", path: options.refreshPath, json })
      if (era !== started) throw signedOut()
      renewedAtMs = Date.now()
      await keep(session)
      return session
    } catch (error) {
      // A refusal ends the session; a server that cannot be reached does not.
      if (isRequestError(error) && error.status === 401 && era === started) await keep(null)
      throw error
    }
  }

  /** One renewal at a time: a refresh token works once, so two renewals at once would end the session. */
  function renew(): Promise<S> {
    renewing ??= requestRenewal().finally(() => {
      renewing = undefined
    })
    return renewing
  }

  return {
    renew,
    load: async () => store.load(),
    change(session) {
      era++
      return keep(session)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    authorizer: {
      async bearer() {
        const session = await store.load()
        if (!session) return undefined
        const isOld = Date.parse(session.accessTokenExpiresAt) - Date.now() < RENEW_BEFORE_MS
        if (!isOld || Date.now() - renewedAtMs < RENEW_AHEAD_EVERY_MS) return session.accessToken
        return (await renew()).accessToken
      },
      async renew(refused) {
        const session = await store.load()
        if (!session) return undefined
        // Another call, tab or process was faster.
        if (session.accessToken !== refused) return session.accessToken
        return (await renew()).accessToken
      },
    },
  }
}
