import { clientError } from "./errors.ts"
import { type SessionKeeper, signedOut } from "./session-keeper.ts"
import type { Transport } from "./transport.ts"
import type { AppAsked, AppConfirmed, AppSession, AppUser } from "./wire.ts"

/** Whose mailbox, and to which page of the app the link in it leads: one that the settings name. Default: the first of them. */
export interface AppMailRequest {
  readonly email: string
  readonly redirectTo?: string
}

/**
 * What was sent by mail: the `token` in the address of the page that the link opened, or the code. A code is for what was asked for last
 * here; elsewhere it takes the `handle` that whoever asked was given.
 */
export type AppShown = { readonly token: string } | { readonly code: string; readonly handle?: string }

/** The ways in that lead over a mailbox. Whether an address has an account is told to its mailbox, and to nobody else. */
export interface AppMail {
  /** Sends a link and a code that sign in. @throws {IDENTITY_TOO_MANY_ATTEMPTS} @throws {IDENTITY_REDIRECT_REFUSED} */
  sendLink(request: AppMailRequest): Promise<AppAsked>
  /** Signs in with them. @throws {AUTH_PROOF_INVALID} @throws {IDENTITY_SECOND_FACTOR_NEEDED} */
  signInByMail(shown: AppShown): Promise<AppUser>
  /** Sends a link and a code that choose a new password. @throws as `sendLink` */
  sendReset(request: AppMailRequest): Promise<AppAsked>
  /** Sets a new password with them, and ends all sessions, this one too. @throws {AUTH_PROOF_INVALID} @throws {IDENTITY_WEAK_PASSWORD} */
  reset(input: AppShown & { readonly password: string }): Promise<void>
  /** Sends what confirms the address of whoever is signed in. @throws {SDK_SIGNED_OUT} @throws as `sendLink` */
  sendVerification(request?: { readonly redirectTo?: string }): Promise<AppAsked>
  /**
   * Confirms an address, and signs in. A link that is opened where nobody is signed in makes the account that of whoever reads the
   * mailbox: a password that was chosen before is none any more.
   *
   * @throws {AUTH_PROOF_INVALID} @throws {IDENTITY_SECOND_FACTOR_NEEDED}
   */
  verify(shown: AppShown): Promise<AppUser>
  /** Ends all other sessions. @throws {AUTH_PASSWORD_WRONG} @throws {IDENTITY_WEAK_PASSWORD} @throws {SDK_SIGNED_OUT} */
  changePassword(change: { readonly current: string; readonly next: string }): Promise<void>
}

type Purpose = "link" | "reset" | "verify"

export function createAppMail(parts: {
  readonly root: string
  readonly nobody: Transport
  readonly signedIn: Transport
  readonly keeper: SessionKeeper<AppSession>
  /** What this device is known by. */
  device(): Promise<{ readonly device?: string }>
}): AppMail & { expect(purpose: Purpose, asked: AppAsked): void } {
  const { root, nobody, signedIn, keeper, device } = parts
  const handles = new Map<Purpose, string>()
  const post = <T>(transport: Transport, path: string, json: object): Promise<T> =>
    transport.json<T>({ method: "POST", path: root + path, json })

  function shownFor(purpose: Purpose, shown: AppShown): { token: string } | { handle: string; code: string } {
    if ("token" in shown) return { token: shown.token }
    const handle = shown.handle ?? handles.get(purpose)
    if (handle === undefined)
      throw clientError(
        "SDK_BAD_OPTIONS",
        "A code is for what was asked for here. Pass the `handle` of where it was asked.",
      )
    return { handle, code: shown.code }
  }
  async function ask(purpose: Purpose, transport: Transport, json: object): Promise<AppAsked> {
    const asked = await post<AppAsked>(transport, `/${purpose}/send`, json)
    handles.set(purpose, asked.handle)
    return asked
  }

  return {
    expect: (purpose, { handle }) => void handles.set(purpose, handle),
    sendLink: (request) => ask("link", nobody, request),
    sendReset: (request) => ask("reset", nobody, request),
    async sendVerification(request = {}) {
      if (!(await keeper.load())) throw signedOut()
      return await ask("verify", signedIn, request)
    },
    async signInByMail(shown) {
      const session = await post<AppSession>(nobody, "/link", { ...shownFor("link", shown), ...(await device()) })
      await keeper.change(session)
      return session.user
    },
    async reset({ password, ...shown }) {
      await post(nobody, "/reset", { ...shownFor("reset", shown), password })
      await keeper.change(null)
    },
    async verify(shown) {
      const old = await keeper.load()
      const body = { ...shownFor("verify", shown), ...(await device()) }
      const { user, session } = await post<AppConfirmed>(old === null ? nobody : signedIn, "/verify", body)
      // Whoever is signed in stays so, and is known to be confirmed.
      if (session !== null) await keeper.change(session)
      else if (old !== null) await keeper.change({ ...((await keeper.load()) ?? old), user })
      return user
    },
    async changePassword(change) {
      if (!(await keeper.load())) throw signedOut()
      await post(signedIn, "/password", change)
    },
  }
}
