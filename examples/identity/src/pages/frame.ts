import { type Html, html } from "@ashlar/mail"
import type { PersonRow } from "../people.ts"

interface Page {
  readonly title: string
  readonly body: Html
  readonly problem?: string | undefined
  /** What was just done, as a word of {@link DONE}. */
  readonly done?: string | undefined
  readonly scripts?: boolean
  /** Whose pages they are, and which of them: the links between them are shown. */
  readonly of?: { readonly person: PersonRow; readonly here: string }
}

/** What was done, said on the page after it. The address has the word, and never the text. */
const DONE: Readonly<Record<string, string>> = {
  connected: "It is connected. You can sign in with it from now on.",
  disconnected: "It is disconnected. It opens your account no more.",
  password: "Your password is set. All your other sessions have ended.",
  factor: "The second factor is added.",
  removed: "It is removed.",
  ended: "It has ended.",
  revoked: "The key is revoked. It opens nothing any more.",
  role: "The role is changed. They are signed out everywhere.",
}

/** The frame of every page. Nothing in it runs but `passkeys.js`, where a page has passkeys. */
export function page({ title, body, problem, done, scripts = false, of }: Page): string {
  const script = scripts ? html`<script src="/passkeys.js" defer></script>` : ""
  const alert = problem === undefined ? "" : html`<p role="alert">${problem}</p>`
  const said = done === undefined || !Object.hasOwn(DONE, done) ? "" : html`<p role="status">${DONE[done]!}</p>`
  const links = of === undefined ? "" : nav(of)
  return `<!doctype html>${html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title} · Ashlar Identity</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css">${script}</head><body class="${of === undefined ? "" : "wide"}">${links}<main><h1>${title}</h1>${alert}${said}${body}</main></body></html>`}`
}

function nav({ person, here }: { readonly person: PersonRow; readonly here: string }): Html {
  const own = [
    ["/account", "Account"],
    ["/account/sessions", "Sessions"],
    ["/account/keys", "API keys"],
    ["/account/activity", "Activity"],
  ] as const
  const admins = [
    ["/people", "People"],
    ["/audit", "Audit"],
  ] as const
  const all = person.role === "admin" ? [...own, ...admins] : own
  return html`<header><nav aria-label="Your account">${all.map(([path, name]) =>
    path === here ? html`<a href="${path}" aria-current="page">${name}</a> ` : html`<a href="${path}">${name}</a> `,
  )}</nav></header>`
}

export const hidden = (name: string, value: string): Html => html`<input type="hidden" name="${name}" value="${value}">`

/** A moment, as all readers of all places read it. */
export function moment(ms: number): Html {
  const iso = new Date(ms).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`
}

/** A button that does one thing. */
export const act = (action: string, name: string, fields: Html | "" = ""): Html =>
  html`<form method="post" action="${action}">${fields}<button>${name}</button></form>`
