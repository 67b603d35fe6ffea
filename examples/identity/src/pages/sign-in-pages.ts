import { html } from "@ashlar/mail"
import type { FailurePage } from "@ashlar/oauth/client"
import type { PersonRow } from "../people.ts"
import { hidden, page } from "./frame.ts"

export const homePage = (person: PersonRow | undefined) =>
  page({
    title: "Ashlar Identity",
    body:
      person === undefined
        ? html`<p>One account, for this app and for others.</p><p><a href="/sign-in">Sign in</a> or <a href="/sign-up">make an account</a>.</p>`
        : html`<p>Hello ${person.name}.</p><p><a href="/account">Your account</a></p>`,
  })

/** Somewhere else to sign in: a link and its name. */
export interface Way {
  readonly label: string
  readonly href: string
}
const waysOf = (ways: readonly Way[]) =>
  ways.length === 0
    ? ""
    : html`<section class="ways">${ways.map(({ label, href }) => html`<a class="button" href="${href}">Continue with ${label}</a>`)}</section>`

export const signUpPage = ({ ways, problem }: { readonly ways: readonly Way[]; readonly problem?: string }) =>
  page({
    title: "Make an account",
    problem,
    body: html`<section><form method="post" action="/sign-up"><label>E-mail <input name="email" type="email" autocomplete="email" required></label><button class="first">Go on</button></form></section>${waysOf(ways)}<p>You have one? <a href="/sign-in">Sign in</a>.</p>`,
  })

interface SignIn {
  readonly next: string
  readonly ways: readonly Way[]
  readonly problem?: string | undefined
}
export const signInPage = ({ next, ways, problem }: SignIn) =>
  page({
    title: "Sign in",
    problem,
    scripts: true,
    body: html`<section><form method="post" action="/sign-in">${hidden("next", next)}<label>E-mail or user name <input name="username" autocomplete="username webauthn" required></label><label>Password <input name="password" type="password" autocomplete="current-password" required></label><button class="first">Sign in</button></form>
<p><button type="button" data-passkey="sign-in" data-next="${next}" hidden>Sign in with a passkey</button></p><p><a href="/reset">Forgot the password?</a></p></section>${waysOf(ways)}
<section><form method="post" action="/sign-in/email">${hidden("next", next)}<label>Or by a link to your mailbox <input name="email" type="email" autocomplete="email" required></label><button>Send a link</button></form></section>
<p>New here? <a href="/sign-up">Make an account</a>.</p>`,
  })

/** The same for addresses with an account and without. */
export const mailboxPage = (handle: string, problem?: string) =>
  page({
    title: "Look into your mailbox",
    problem,
    body: html`<section><p>If the address is right, a mail is on its way: open its link, or type its code.</p><form method="post" action="/sign-in/email/confirm">${hidden("handle", handle)}<label>Code <input name="code" inputmode="numeric" autocomplete="one-time-code" required></label><button class="first">Sign in</button></form></section>`,
  })

export const confirmPage = (token: string) =>
  page({
    title: "Sign in",
    body: html`<section><p>Do you want to sign in on this device?</p><form method="post" action="/sign-in/email/confirm">${hidden("token", token)}<button class="first">Yes, sign in</button></form></section>`,
  })

export const resetAskPage = (problem?: string) =>
  page({
    title: "A new password",
    problem,
    body: html`<section><form method="post" action="/reset"><label>E-mail <input name="email" type="email" autocomplete="email" required></label><button class="first">Send a link</button></form></section>`,
  })

export const resetPage = (token: string, problem?: string) =>
  page({
    title: "Choose a new password",
    problem,
    body: html`<section><form method="post" action="/reset/confirm">${hidden("token", token)}<label>New password <input name="password" type="password" autocomplete="new-password" minlength="8" required></label><button class="first">Set it</button></form></section>`,
  })

export const messagePage = (title: string, text: string) =>
  page({ title, body: html`<section><p>${text}</p></section><p><a href="/">To the first page</a></p>` })

export const factorPage = (next: string, problem?: string) =>
  page({
    title: "One more step",
    problem,
    scripts: true,
    body: html`<section><form method="post" action="/factor">${hidden("next", next)}<label>Code of your app, or a recovery code <input name="code" autocomplete="one-time-code" required autofocus></label><label><input type="checkbox" name="remember" value="yes"> Do not ask again on this device for 30 days</label><button class="first">Go on</button></form>
<p><button type="button" data-passkey="factor" data-next="${next}" hidden>Use a passkey</button></p></section><form method="post" action="/auth/sign-out"><button>Sign out</button></form>`,
  })

const FAILED: Readonly<Record<string, string>> = {
  OAUTH_SIGN_IN_DENIED: "It was declined there, so you were not signed in.",
  OAUTH_STATE_INVALID: "This was not begun in this browser, or it keeps no cookies.",
  OAUTH_SIGN_IN_EXPIRED: "It took too long.",
  OAUTH_SIGN_IN_USED: "This is done already. Look whether you are signed in.",
  OAUTH_PROVIDER_FAILED: "The other side did not answer as it should. Try again in a moment.",
  OAUTH_PROVIDER_UNKNOWN: "There is no such way to sign in.",
}

/** A sign-in elsewhere that did not come to its end. */
export const failedPage: FailurePage = ({ code, label, retry }) =>
  page({
    title: label === undefined ? "That did not work" : `${label} did not sign you in`,
    problem: FAILED[code] ?? "The answer of the other side was not accepted.",
    body: html`<p>${retry === undefined ? "" : html`<a href="${retry}">Begin again</a>, or `}<a href="/sign-in">sign in another way</a>.</p>`,
  })
