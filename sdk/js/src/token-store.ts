import type { Session } from "./wire.ts"

/** Where a session is kept between calls and between starts. Implement it to keep sessions elsewhere. */
export interface TokenStore<S = Session> {
  load(): S | null | Promise<S | null>
  /** null forgets the session. */
  save(session: S | null): void | Promise<void>
}

/** Keeps the session for as long as this object lives. */
export function memoryTokenStore<S = Session>(initial: S | null = null): TokenStore<S> {
  let kept = initial
  return {
    load: () => kept,
    save(session) {
      kept = session
    },
  }
}

/** The part of the Web Storage API that is needed here. */
export interface KeyValueStorage {
  getItem(name: string): string | null
  setItem(name: string, value: string): void
  removeItem(name: string): void
}

/**
 * Keeps the session in `localStorage` or `sessionStorage`, where every script of the page can read it. Where the app
 * and the server share an origin, prefer `cookie: true`, which keeps the refresh token out of reach of scripts.
 */
export function webTokenStore<S = Session>(storage: KeyValueStorage, name = "ashlar.session"): TokenStore<S> {
  return {
    load() {
      const text = storage.getItem(name)
      if (text === null) return null
      try {
        return JSON.parse(text) as S
      } catch {
        // Another program wrote here: the same as nothing kept.
        return null
      }
    },
    save(session) {
      if (session === null) storage.removeItem(name)
      else storage.setItem(name, JSON.stringify(session))
    },
  }
}
