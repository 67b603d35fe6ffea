import type { Factor } from "@ashlar/auth/mfa"
import { type Html, html, raw } from "@ashlar/mail"
import type { PersonRow } from "./people.ts"

interface Page {
  readonly title: string
  readonly body: Html
  readonly problem?: string | undefined
  readonly scripts?: boolean
}

/** The frame of every page. Nothing in it runs but `passkeys.js`, where a page has passkeys. */
export function page({ title, body, problem, scripts = false }: Page): string {
  const script = scripts ? html`<script src="/passkeys.js" defer></script>` : ""
  const alert = problem === undefined ? "" : html`<p role="alert">${problem}</p>`
  return `<!doctype html>${html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><link rel="stylesheet" href="/style.css">${script}</head><body><main><h1>${title}</h1>${alert}${body}</main></body></html>`}`
}

export const STYLE = `body{font:1rem/1.5 system-ui,sans-serif;color-scheme:light dark;margin:0}main{max-width:26rem;margin:3rem auto;padding:0 1rem}
label{display:block;margin:.75rem 0}input{display:block;width:100%;box-sizing:border-box}input,button{font:inherit;padding:.5rem}input[type=checkbox]{display:inline;width:auto}
button{margin:.5rem 0;cursor:pointer}[role=alert]{border-left:.25rem solid #c33;padding-left:.75rem}svg{width:14rem;background:#fff}code{user-select:all}form.inline{display:inline}`

const hidden = (name: string, value: string) => html`<input type="hidden" name="${name}" value="${value}">`

export const homePage = (person: PersonRow | undefined) =>
  page({
    title: "Ashlar Identity",
    body:
      person === undefined
        ? html`<p><a href="/sign-in">Sign in</a> or <a href="/sign-up">make an account</a>.</p>`
        : html`<p>Hello ${person.name}.</p><p><a href="/account">Your account</a></p>`,
  })

export const signUpPage = (problem?: string) =>
  page({
    title: "Make an account",
    problem,
    body: html`<form method="post" action="/sign-up"><label>E-mail <input name="email" type="email" autocomplete="email" required></label><button>Go on</button></form><p>You have one? <a href="/sign-in">Sign in</a>.</p>`,
  })

export const signInPage = ({ next, problem }: { readonly next: string; readonly problem?: string | undefined }) =>
  page({
    title: "Sign in",
    problem,
    scripts: true,
    body: html`<form method="post" action="/sign-in">${hidden("next", next)}<label>E-mail or user name <input name="username" autocomplete="username webauthn" required></label><label>Password <input name="password" type="password" autocomplete="current-password" required></label><button>Sign in</button></form>
<button type="button" data-passkey="sign-in" data-next="${next}">Sign in with a passkey</button>
<form method="post" action="/sign-in/email">${hidden("next", next)}<label>Or by a link to your mailbox <input name="email" type="email" autocomplete="email" required></label><button>Send a link</button></form>
<p><a href="/reset">Forgot the password?</a> · <a href="/sign-up">Make an account</a></p>`,
  })

/** The same for addresses with an account and without. */
export const mailboxPage = (handle: string, problem?: string) =>
  page({
    title: "Look into your mailbox",
    problem,
    body: html`<p>If the address is right, a mail is on its way: open its link, or type its code.</p><form method="post" action="/sign-in/email/confirm">${hidden("handle", handle)}<label>Code <input name="code" inputmode="numeric" autocomplete="one-time-code" required></label><button>Sign in</button></form>`,
  })

export const confirmPage = (token: string) =>
  page({
    title: "Sign in",
    body: html`<p>Do you want to sign in on this device?</p><form method="post" action="/sign-in/email/confirm">${hidden("token", token)}<button>Yes, sign in</button></form>`,
  })

export const resetAskPage = () =>
  page({
    title: "A new password",
    body: html`<form method="post" action="/reset"><label>E-mail <input name="email" type="email" autocomplete="email" required></label><button>Send a link</button></form>`,
  })

export const resetPage = (token: string, problem?: string) =>
  page({
    title: "Choose a new password",
    problem,
    body: html`<form method="post" action="/reset/confirm">${hidden("token", token)}<label>New password <input name="password" type="password" autocomplete="new-password" minlength="8" required></label><button>Set it</button></form>`,
  })

export const messagePage = (title: string, text: string) =>
  page({ title, body: html`<p>${text}</p><p><a href="/">Go on</a></p>` })

export const factorPage = (next: string, problem?: string) =>
  page({
    title: "One more step",
    problem,
    scripts: true,
    body: html`<form method="post" action="/factor">${hidden("next", next)}<label>Code of your app, or a recovery code <input name="code" autocomplete="one-time-code" autofocus></label><label><input type="checkbox" name="remember" value="yes"> Do not ask again on this device for 30 days</label><button>Go on</button></form>
<button type="button" data-passkey="factor" data-next="${next}">Use a passkey</button>`,
  })

interface Account {
  readonly person: PersonRow
  readonly factors: readonly Factor[]
  readonly recoveryLeft: number
  readonly devices: number
  readonly problem?: string | undefined
}

export const accountPage = ({ person, factors, recoveryLeft, devices, problem }: Account) =>
  page({
    title: "Your account",
    problem,
    scripts: true,
    body: html`<p>${person.name}, ${person.email}, ${person.role}</p>
<h2>Password</h2><form method="post" action="/account/password">${person.password_hash === null ? "" : html`<label>Current password <input name="current" type="password" autocomplete="current-password" required></label>`}<label>New password <input name="password" type="password" autocomplete="new-password" minlength="8" required></label><button>${person.password_hash === null ? "Set a password" : "Change it"}</button></form>
<h2>Second factors</h2><ul>${factors.map(({ id, kind, label }) => html`<li>${label} (${kind}) <form class="inline" method="post" action="${`/account/factors/${id}/remove`}"><button>Remove</button></form></li>`)}</ul>
<form method="post" action="/account/app"><button>Add an authenticator app</button></form>
<button type="button" data-passkey="register">Add a passkey</button>
<form method="post" action="/account/recovery"><button>New recovery codes</button></form><p>Recovery codes left: ${recoveryLeft}. Remembered devices: ${devices}.</p>
${person.role === "admin" ? html`<p><a href="/people">People</a></p>` : ""}<form method="post" action="/sign-out"><button>Sign out</button></form>`,
  })

export const appPage = ({
  factorId,
  secret,
  qrSvg,
  problem,
}: {
  factorId: string
  secret: string
  qrSvg: string
  problem?: string
}) =>
  page({
    title: "Add an authenticator app",
    problem,
    // Drawn by the package, out of an address that has no markup.
    body: html`<p>Scan this, or type <code>${secret}</code></p>${raw(qrSvg)}<form method="post" action="/account/app/confirm">${hidden("factorId", factorId)}<label>The code that it shows <input name="code" inputmode="numeric" autocomplete="one-time-code" required></label><button>Add it</button></form>`,
  })

export const recoveryPage = (codes: readonly string[]) =>
  page({
    title: "Your recovery codes",
    body: html`<p>Print them. They are not shown again, and each works once.</p><ul>${codes.map((code) => html`<li><code>${code}</code></li>`)}</ul><p><a href="/account">Done</a></p>`,
  })

export const peoplePage = (people: readonly PersonRow[]) =>
  page({
    title: "People",
    body: html`<ul>${people.map(({ id, email, role }) => html`<li>${email}: ${role} <form class="inline" method="post" action="${`/people/${id}/role`}">${hidden("role", role === "admin" ? "member" : "admin")}<button>Make ${role === "admin" ? "member" : "admin"}</button></form></li>`)}</ul>`,
  })
