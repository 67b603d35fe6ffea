import { createAdmin } from "@ashlar/admin"
import { type Fetch, isRequestError, type User } from "@ashlar/sdk"
import { createStore } from "./model/external.ts"

/** Who sits here. The access token lives in memory only; the refresh token is a cookie that no script can read. */
export type SessionState =
  | { readonly status: "unknown" }
  | { readonly status: "out" }
  | { readonly status: "in"; readonly user: User }

export const sessionState = createStore<SessionState>({ status: "unknown" })

let leaving = false
/** Requests of a page that is going away must outlive it. */
export function markLeaving(value: boolean): void {
  leaving = value
}

/**
 * A refresh token works once, and all tabs share the cookie that holds it: only one tab may refresh at a time, the next
 * one then sends the cookie that the first one got.
 */
export const consoleFetch: Fetch = (input, init = {}) => {
  const send = (): Promise<Response> => fetch(input, leaving ? { ...init, keepalive: true } : init)
  if (!input.endsWith("/v1/auth/refresh") || !("locks" in navigator)) return send()
  return navigator.locks.request("ashlar.refresh", send)
}

/** The operator's client: all that the console knows of the server. */
export const admin = createAdmin({ url: location.origin, cookie: true, fetch: consoleFetch })
const { auth } = admin

const otherTabs = new BroadcastChannel("ashlar.session")
otherTabs.onmessage = (event) => {
  if (event.data === "signed-out") sessionState.set({ status: "out" })
}

auth.onChange((session) => sessionState.set(session ? { status: "in", user: session.user } : { status: "out" }))

let restoring: Promise<SessionState> | undefined

/** Takes up the session that the cookie holds; asks the server once, however often it is called. */
export function knowSession(): Promise<SessionState> {
  const known = sessionState.get()
  if (known.status !== "unknown") return Promise.resolve(known)
  restoring ??= auth
    .restore()
    .then((user) => {
      sessionState.set(user ? { status: "in", user } : { status: "out" })
      return sessionState.get()
    })
    .finally(() => {
      restoring = undefined
    })
  return restoring
}

/** Ends the session here, on the server and in the other tabs. */
export async function signOut(): Promise<void> {
  try {
    await auth.signOut()
  } catch (error) {
    // Forgotten here in any case; the server ends what it cannot be told of after 30 idle days.
    if (!isRequestError(error)) throw error
  } finally {
    otherTabs.postMessage("signed-out")
    sessionState.set({ status: "out" })
  }
}
