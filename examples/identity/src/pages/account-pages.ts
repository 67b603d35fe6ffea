import type { ApiKey, Session } from "@ashlar/auth"
import type { Factor, RememberedDevice } from "@ashlar/auth/mfa"
import { html, raw } from "@ashlar/mail"
import type { AuditEntry } from "@ashlar/security/audit"
import { SCOPES } from "../access.ts"
import type { Identity } from "../identities.ts"
import { labelOf } from "../journal.ts"
import type { PersonRow } from "../people.ts"
import { act, hidden, moment, page } from "./frame.ts"

interface Said {
  readonly person: PersonRow
  readonly problem?: string | undefined
  readonly done?: string | undefined
}
interface Account extends Said {
  readonly factors: readonly Factor[]
  readonly recoveryLeft: number
  readonly devices: number
  readonly identities: readonly (Identity & { readonly at: string })[]
  /** Providers that may be connected. Undefined `action`: at another address of the app only. */
  readonly ways: readonly { readonly label: string; readonly action: string | undefined }[]
  readonly origin: string
}

export const accountPage = ({
  person,
  factors,
  recoveryLeft,
  devices,
  identities,
  ways,
  origin,
  problem,
  done,
}: Account) =>
  page({
    title: "Your account",
    problem,
    done,
    of: { person, here: "/account" },
    scripts: true,
    body: html`<p>${person.name}, ${person.email}, ${person.role}</p>
<section><h2>Password</h2><form method="post" action="/account/password">${person.password_hash === null ? "" : html`<label>Current password <input name="current" type="password" autocomplete="current-password" required></label>`}<label>New password <input name="password" type="password" autocomplete="new-password" minlength="8" required></label><button>${person.password_hash === null ? "Set a password" : "Change it"}</button></form></section>
<section><h2>Second factors</h2>${factors.length === 0 ? html`<p class="soft">None yet. With one, nobody comes in by your password or your mailbox alone.</p>` : html`<ul class="rows">${factors.map(({ id, kind, label }) => html`<li><span>${label} (${kind})</span> ${act(`/account/factors/${id}/remove`, "Remove")}</li>`)}</ul>`}
<div class="actions">${act("/account/app", "Add an authenticator app")}<button type="button" data-passkey="register" hidden>Add a passkey</button>${act("/account/recovery", "New recovery codes")}</div><p class="soft">Recovery codes left: ${recoveryLeft}. Remembered devices: ${devices}.</p></section>
${
  ways.length + identities.length === 0
    ? ""
    : html`<section><h2>Accounts elsewhere</h2>${identities.length === 0 ? "" : html`<ul class="rows">${identities.map(({ issuer, subject, label, at }) => html`<li><span>${at}<small>${label}</small></span> ${act("/account/identities/disconnect", `Disconnect ${at}`, html`${hidden("issuer", issuer)}${hidden("subject", subject)}`)}</li>`)}</ul>`}
<div class="actions">${ways.map(({ label, action }) => (action === undefined ? html`<p class="soft">${label} can be connected <a href="${`${origin}/account`}">at ${origin}</a>.</p>` : act(action, `Connect ${label}`)))}</div></section>`
}
<form method="post" action="/auth/sign-out"><button>Sign out</button></form>`,
  })

export const appPage = ({
  person,
  factorId,
  secret,
  qrSvg,
}: {
  person: PersonRow
  factorId: string
  secret: string
  qrSvg: string
}) =>
  page({
    title: "Add an authenticator app",
    of: { person, here: "" },
    // Drawn by the package, out of an address that has no markup.
    body: html`<section><p>Scan this, or type <code>${secret}</code></p>${raw(qrSvg)}<form method="post" action="/account/app/confirm">${hidden("factorId", factorId)}<label>The code that it shows <input name="code" inputmode="numeric" autocomplete="one-time-code" required></label><button class="first">Add it</button></form></section>`,
  })

export const recoveryPage = (person: PersonRow, codes: readonly string[]) =>
  page({
    title: "Your recovery codes",
    of: { person, here: "" },
    body: html`<section><p>Print them. They are not shown again, and each works once.</p><ul>${codes.map((code) => html`<li><code>${code}</code></li>`)}</ul></section><p><a href="/account">Done</a></p>`,
  })

interface Sessions extends Said {
  readonly sessions: readonly Session[]
  readonly current: string | undefined
  readonly devices: readonly RememberedDevice[]
}
export const sessionsPage = ({ person, sessions, current, devices, problem, done }: Sessions) =>
  page({
    title: "Sessions",
    problem,
    done,
    of: { person, here: "/account/sessions" },
    body: html`<section><h2>Where you are signed in</h2><ul class="rows">${sessions.map(
      ({ id, userAgent, address, lastSeenMs, amr }) =>
        html`<li><span>${labelOf(userAgent)}${id === current ? html` <strong>(here)</strong>` : ""}<small>${address ?? "somewhere"}, by ${amr.join(", ")}, last used ${moment(lastSeenMs)}</small></span> ${id === current ? "" : act(`/account/sessions/${id}/end`, "End it")}</li>`,
    )}</ul>${sessions.length < 2 ? "" : act("/account/sessions/end", "End all others")}</section>
<section><h2>Remembered devices</h2>${devices.length === 0 ? html`<p class="soft">None. All are asked for the second factor.</p>` : html`<ul class="rows">${devices.map(({ id, label, expiresMs }) => html`<li><span>${labelOf(label)}<small>is asked again after ${moment(expiresMs)}</small></span> ${act(`/account/devices/${id}/forget`, "Forget it")}</li>`)}</ul>`}</section>`,
  })

interface Keys extends Said {
  readonly keys: readonly ApiKey[]
  /** Of a key that was made just now: it is told once. */
  readonly text?: string | undefined
}
export const keysPage = ({ person, keys, text, problem, done }: Keys) =>
  page({
    title: "API keys",
    problem,
    done,
    of: { person, here: "/account/keys" },
    body: html`${text === undefined ? "" : html`<section role="status"><p>Copy your new key now. It is not shown again.</p><p><code>${text}</code></p><p class="soft"><code>curl -H "authorization: Bearer …" /api/me</code></p></section>`}
<section><h2>Your keys</h2>${keys.length === 0 ? html`<p class="soft">None. A key lets a program of yours use <code>/api</code>, and nothing else.</p>` : html`<ul class="rows">${keys.map(({ id, name, start, scopes, expiresAtMs, lastUsedAtMs }) => html`<li><span>${name} <code>${start}…</code><small>${scopes.join(", ")}; ${expiresAtMs === undefined ? "does not end" : html`ends ${moment(expiresAtMs)}`}; ${lastUsedAtMs === undefined ? "never used" : html`last used ${moment(lastUsedAtMs)}`}</small></span> ${act(`/account/keys/${id}/revoke`, "Revoke")}</li>`)}</ul>`}</section>
<section><h2>A new key</h2><form method="post" action="/account/keys"><label>Name <input name="name" maxlength="100" required></label><fieldset><legend>It may</legend>${Object.entries(SCOPES).map(([scope, words]) => html`<label><input type="checkbox" name="${scope}" value="yes"> ${words} <small>${scope}</small></label>`)}</fieldset><label>It ends after <select name="days"><option value="30">30 days</option><option value="90">90 days</option><option value="365">a year</option></select></label><button class="first">Make the key</button></form></section>`,
  })

export const activityPage = (person: PersonRow, entries: readonly AuditEntry[]) =>
  page({
    title: "Activity",
    of: { person, here: "/account/activity" },
    body: html`<section><h2>What happened to your account</h2><ul class="rows">${entries.map(
      ({ at, action, outcome, actor, context, details }) =>
        html`<li><span>${actionWords(action)}${outcome === "success" ? "" : html` <strong>(${outcome})</strong>`}<small>${moment(Date.parse(at))}${[actor.id === person.id ? "" : "by somebody else", context.agent, context.address].map((said) => (said ? html`, ${String(said)}` : ""))} ${factsOf(details)}</small></span></li>`,
    )}</ul></section>`,
  })

/** `session.started`: Session started. */
export function actionWords(action: string): string {
  const words = action.replaceAll(/[._]/g, " ")
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`
}
export function factsOf(details: AuditEntry["details"]): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(", ") : String(value)}`)
    .join("; ")
}
