import type { BaseContext } from "@ashlar/http"

/** Who is signed in, and how. */
export interface Person {
  /** Stable for ever, at most 255 characters: the `sub` of tokens. */
  readonly id: string
  /** When they showed who they are, in milliseconds since 1970, or the whole second before. */
  readonly authTimeMs: number
  /** How: `pwd`, `otp`, `hwk`. @see https://www.rfc-editor.org/rfc/rfc8176 */
  readonly amr?: readonly string[]
  readonly acr?: string
  /** Names their session; `sid` of ID tokens. */
  readonly sessionId?: string
}

/** What a client asks of a sign-in. All of it is a wish of a stranger's: show it escaped, or not at all. */
export interface SignInRequest {
  /** Where to send the browser when it is done. A path of this server, made by it. */
  readonly returnTo: string
  /** Why: nobody is signed in, the client asks to do it again, it was too long ago, or it was too weak. */
  readonly reason: "nobody" | "again" | "old" | "weak" | "other"
  /** Of a device that is connected: null. */
  readonly clientName: string | null
  /** The client's address. Browsers hold forms to their page's policy also where they are redirected: put its origin into `form-action`. */
  readonly clientAddress?: string
  readonly loginHint?: string
  /** One of these is wanted. */
  readonly acrValues: readonly string[]
  readonly uiLocales?: string
}

export interface ClaimsRequest {
  readonly scopes: readonly string[]
  /** What was asked for one by one. */
  readonly names: readonly string[]
  readonly clientId: string
}

type MaybePromise<T> = T | Promise<T>

type ClaimsSource = (id: string, request: ClaimsRequest) => MaybePromise<Readonly<Record<string, unknown>> | undefined>

interface PeopleClaims {
  /**
   * What is known of a person: `name`, `email`, `email_verified` and so on. What the scopes do not give is left out after; `undefined` is
   * a person who is no more, whose tokens then end.
   */
  readonly claims?: ClaimsSource | undefined
}

/** People who sign in on pages of the app. */
export interface People extends PeopleClaims {
  /** Who is signed in. Asked for each page. */
  readonly current: (ctx: BaseContext) => MaybePromise<Person | undefined>
  /** The answer that signs somebody in: a page, or a redirect to one. It ends at `request.returnTo`. */
  readonly signIn: (ctx: BaseContext, request: SignInRequest) => unknown
  /** Ends their session. What it sets on `ctx` goes along with the answer. */
  readonly signOut?: (ctx: BaseContext) => void | Promise<void>
}

/** People who sign in on the server's own page, in sessions of the server's own. */
export interface PasswordSignIn extends PeopleClaims {
  /** Who has these. It takes as long for a name that nobody has. Tries are limited by the server: by name and by address. */
  readonly verify: (
    credentials: { readonly username: string; readonly password: string },
    ctx: BaseContext,
  ) => MaybePromise<Pick<Person, "id" | "amr" | "acr"> | undefined>
}
