import { clientError } from "./errors.ts"
import { type SessionKeeper, signedOut } from "./session-keeper.ts"
import type { KeyValueStorage } from "./token-store.ts"
import type { Transport } from "./transport.ts"
import type { AppAuthorizing, AppOfferedProvider, AppSession, AppUser } from "./wire.ts"

export interface ProviderSignIn {
  /** One of the pages that the app's settings name. Default: the first of them. */
  readonly redirectTo?: string
  /** Let the provider sign in whoever is signed in now, from then on. */
  readonly connect?: boolean
}

/** Signing in by other providers. */
export interface AppOAuth {
  /** Who else signs users in: a button for each. */
  providers(): Promise<readonly AppOfferedProvider[]>
  /**
   * Begins, and keeps here what only this browser has. Send the browser to the page of the provider that comes back.
   *
   * @throws {OAUTH_PROVIDER_UNKNOWN} @throws {IDENTITY_REDIRECT_REFUSED}
   * @example location.assign(await ashlar.auth.signInWith("google"))
   */
  signInWith(provider: string, options?: ProviderSignIn): Promise<string>
  /**
   * Goes on where the browser came back to the app: signs in.
   *
   * @param page Its address, with the `ticket` in it.
   * @throws {OAUTH_SIGN_IN_DENIED} @throws {IDENTITY_LINK_REFUSED} @throws {OAUTH_STATE_INVALID} @throws {IDENTITY_SECOND_FACTOR_NEEDED}
   * @example if (new URL(location.href).searchParams.has("ticket")) await ashlar.auth.finishSignIn(location.href)
   */
  finishSignIn(page: string | URL): Promise<AppUser>
}

const NAME = "ashlar.sign-in"

export function createAppOAuth(parts: {
  readonly root: string
  readonly nobody: Transport
  readonly signedIn: Transport
  readonly keeper: SessionKeeper<AppSession>
  /** What this device is known by. */
  device(): Promise<{ readonly device?: string }>
}): AppOAuth {
  const { root, nobody, signedIn, keeper, device } = parts
  const kept = tabStorage()
  return {
    providers: async () =>
      (await nobody.json<{ items: readonly AppOfferedProvider[] }>({ path: `${root}/providers` })).items,
    async signInWith(provider, { redirectTo, connect = false } = {}) {
      if (connect && !(await keeper.load())) throw signedOut()
      const json = { provider, ...(redirectTo !== undefined && { redirectTo }), ...(connect && { connect }) }
      const transport = connect ? signedIn : nobody
      const begun = await transport.json<AppAuthorizing>({ method: "POST", path: `${root}/authorize`, json })
      kept.setItem(NAME, JSON.stringify({ transaction: begun.transaction, connect }))
      return begun.url
    },
    async finishSignIn(page) {
      const ticket = new URL(page).searchParams.get("ticket")
      const text = kept.getItem(NAME)
      if (ticket === null || text === null)
        throw clientError(
          "SDK_BAD_OPTIONS",
          "No sign-in was begun in this tab, or the page has no `ticket`. Begin again.",
        )
      kept.removeItem(NAME)
      const { transaction, connect } = JSON.parse(text) as { transaction: string; connect: boolean }
      const transport = connect ? signedIn : nobody
      const json = { ticket, transaction, ...(await device()) }
      const session = await transport.json<AppSession>({ method: "POST", path: `${root}/callback`, json })
      await keeper.change(session)
      return session.user
    },
  }
}

/** Of this tab alone, over its pages; where there are no tabs, of this process. */
function tabStorage(): KeyValueStorage {
  const { sessionStorage } = globalThis as { readonly sessionStorage?: KeyValueStorage }
  if (sessionStorage) return sessionStorage
  const kept = new Map<string, string>()
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  }
}
