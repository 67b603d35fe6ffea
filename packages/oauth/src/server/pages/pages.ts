import { fill, Html, html } from "./html.ts"
import type { OAuthTexts } from "./texts.ts"

/** A form that a page must have: where it goes, and what it carries along unseen. */
export interface PageForm {
  readonly action: string
  /** Each as an `<input type="hidden">`. */
  readonly fields: Readonly<Record<string, string>>
}

export interface SignInPage {
  readonly form: PageForm
  readonly clientName: string | undefined
  /** What the client thinks their name is. */
  readonly username: string | undefined
  readonly problem: "failed" | "limited" | undefined
}
export interface ConsentPage {
  readonly form: PageForm
  readonly clientName: string
  /** The host, or the scheme of an app, that the browser is sent to; of a device none. */
  readonly goesTo: string | undefined
  /** What people read of each scope. */
  readonly scopes: readonly { readonly name: string; readonly description: string }[]
  readonly resources: readonly string[]
  readonly personName: string
  /** Of a device: what it shows. */
  readonly userCode: string | undefined
}
export interface DevicePage {
  readonly form: PageForm
  readonly userCode: string | undefined
  readonly problem: "unknown" | "limited" | undefined
}
export interface MessagePage {
  readonly kind: "error" | "device-allowed" | "device-denied" | "signed-out" | "stayed-signed-in"
  /** Of an error: what was wrong, in words of the server's. */
  readonly detail: string | undefined
}

/**
 * The pages of a server, as whole HTML documents. Everything that comes to them is text to be escaped. Scripts do not run on them, and
 * styles, images and fonts come from the server itself. `decision` is the name of the buttons: `allow` or `deny`.
 */
export interface OAuthPages {
  /** Fields: `username`, `password`. */
  signIn(page: SignInPage): string
  /** Buttons: `decision`. */
  consent(page: ConsentPage): string
  /** Field: `user_code`. */
  device(page: DevicePage): string
  /** Buttons: `decision`. */
  signOut(page: { readonly form: PageForm }): string
  message(page: MessagePage): string
  /** Sends the form on, by a script where there are scripts. */
  formPost(page: { readonly form: PageForm }): string
}

export const STYLE =
  "body{font:1rem/1.5 system-ui,sans-serif;margin:0;color:#1c1917;background:#f5f5f4}main{max-width:26rem;margin:8vh auto;padding:2rem;background:#fff;border:1px solid #d6d3d1;border-radius:.75rem}h1{font-size:1.4rem;margin:0 0 1rem;overflow-wrap:anywhere}label{display:block;margin:1rem 0 .25rem}input{box-sizing:border-box;width:100%;padding:.6rem;font:inherit;border:1px solid #78716c;border-radius:.4rem}button{font:inherit;padding:.6rem 1.2rem;margin:1.25rem .5rem 0 0;border:1px solid #1c1917;border-radius:.4rem;background:#fff;color:inherit;cursor:pointer}button.main{background:#1c1917;color:#fff}:focus-visible{outline:3px solid #2563eb;outline-offset:2px}[role=alert]{color:#b91c1c}.code{font:600 1.3rem ui-monospace,monospace}@media(prefers-color-scheme:dark){body{color:#f5f5f4;background:#1c1917}main{background:#292524;border-color:#57534e}input,button{background:#1c1917;color:inherit;border-color:#a8a29e}button.main{background:#f5f5f4;color:#1c1917}[role=alert]{color:#fca5a5}}"
export const SUBMIT = "document.forms[0].submit()"

/** The pages that are there without any of your own: plain HTML, without scripts. */
export function defaultPages(texts: OAuthTexts): OAuthPages {
  const document = (title: string, body: Html): string =>
    html`<!doctype html>
<html lang="${texts.language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>${title}</title><style>${new Html(STYLE)}</style></head>
<body><main><h1>${title}</h1>
${body}
</main></body></html>`.text
  const alert = (text: string | undefined): Html | undefined =>
    text === undefined ? undefined : html`<p role="alert">${text}</p>`
  const limited = { limited: texts.tooManyTries }
  return {
    signIn: ({ form, clientName, username, problem }) =>
      document(
        texts.signInTitle,
        html`${clientName === undefined ? undefined : html`<p>${fill(texts.signInFor, { client: clientName })}</p>`}
${alert(problem && { failed: texts.signInFailed, ...limited }[problem])}
${open(form)}<label for="username">${texts.username}</label><input id="username" name="username" value="${username ?? ""}" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="320">
<label for="password">${texts.password}</label><input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024">
<button class="main" type="submit">${texts.signIn}</button></form>`,
      ),
    consent: (page) => document(fill(texts.consentTitle, { client: page.clientName }), consentBody(texts, page)),
    device: ({ form, userCode, problem }) =>
      document(
        texts.deviceTitle,
        html`${alert(problem && { unknown: texts.deviceUnknown, ...limited }[problem])}
${open(form)}<p id="hint">${texts.deviceHint}</p><label for="user_code">${texts.deviceCode}</label><input id="user_code" name="user_code" value="${userCode ?? ""}" aria-describedby="hint" autocomplete="off" autocapitalize="characters" spellcheck="false" required maxlength="20">
<button class="main" type="submit">${texts.deviceContinue}</button></form>`,
      ),
    signOut: ({ form }) =>
      document(
        texts.signOutTitle,
        html`<p>${texts.signOutAsk}</p>${open(form)}${decide(texts.signOut, texts.staySignedIn)}</form>`,
      ),
    message: ({ kind, detail }) => {
      const words: Readonly<Record<typeof kind, readonly [string, string]>> = {
        error: [texts.errorTitle, texts.errorHint],
        "device-allowed": [texts.deviceTitle, texts.deviceAllowed],
        "device-denied": [texts.deviceTitle, texts.deviceDenied],
        "signed-out": [texts.signOutTitle, texts.signedOut],
        "stayed-signed-in": [texts.signOutTitle, texts.stayedSignedIn],
      }
      const [title, text] = words[kind]
      return document(title, html`${alert(detail)}<p>${text}</p>`)
    },
    formPost: ({ form }) =>
      document(
        texts.continueTitle,
        html`${open(form)}<button class="main" type="submit">${texts.continue}</button></form><script>${new Html(SUBMIT)}</script>`,
      ),
  }
}

function consentBody(texts: OAuthTexts, page: ConsentPage): Html {
  const { clientName, goesTo, scopes, resources, personName, userCode } = page
  return html`${userCode === undefined ? undefined : html`<p class="code">${userCode}</p><p>${fill(texts.deviceCheck, { code: userCode })}</p>`}
<p>${fill(texts.consentWants, { client: clientName })}</p>
<ul>${scopes.map(({ description }) => html`<li>${description}</li>`)}${resources.map((uri) => html`<li>${uri}</li>`)}</ul>
<p>${fill(texts.signedInAs, { person: personName })}${goesTo === undefined ? undefined : html` ${fill(texts.consentGoesTo, { host: goesTo })}`}</p>
${open(page.form)}${decide(texts.allow, texts.deny)}</form>`
}

function open({ action, fields }: PageForm): Html {
  const hidden = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
  return html`<form method="post" action="${action}">${hidden}`
}
function decide(yes: string, no: string): Html {
  return html`<button class="main" type="submit" name="decision" value="allow">${yes}</button><button type="submit" name="decision" value="deny">${no}</button>`
}

/** What people read of a scope. */
export function describeScope(texts: OAuthTexts, name: string, own: string | undefined): string {
  const standard: Readonly<Record<string, string>> = {
    openid: texts.scopeOpenid,
    profile: texts.scopeProfile,
    email: texts.scopeEmail,
    address: texts.scopeAddress,
    phone: texts.scopePhone,
    offline_access: texts.scopeOfflineAccess,
  }
  return own ?? (Object.hasOwn(standard, name) ? standard[name]! : name)
}
