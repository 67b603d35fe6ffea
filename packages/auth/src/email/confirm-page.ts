import type { BaseContext } from "@ashlar/http"
import type { EmailPurpose } from "./email-message.ts"

/** Draws the page that a link opens. `token` has letters, digits, `-` and `_` only where `isGood`: escape it otherwise. */
export type ConfirmPage = (link: {
  readonly purpose: EmailPurpose
  readonly token: string
  /** Whether it would do. */
  readonly isGood: boolean
  readonly ctx: BaseContext
}) => string

const WORDS: Readonly<Record<EmailPurpose, readonly [title: string, button: string]>> = {
  "sign-in": ["Sign in", "Sign in on this device"],
  verify: ["Verify your e-mail address", "Yes, this is my address"],
  reset: ["Choose a new password", "Set the new password"],
  "change-email": ["Change your e-mail address", "Use this address from now on"],
}

/** A small page without scripts. */
export const confirmPage: ConfirmPage = ({ purpose, token, isGood }) => {
  const [title, button] = WORDS[purpose]
  const password =
    purpose === "reset"
      ? `<label>New password <input type="password" name="password" autocomplete="new-password" required minlength="8"></label>`
      : ""
  const body = isGood
    ? `<form method="post"><input type="hidden" name="token" value="${token}">${password}<button>${button}</button></form>`
    : "<p>This link is not good any more. It was used, replaced, or is too old: ask for a new one.</p>"
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>body{font:1rem system-ui;max-width:24rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}label,input,button{display:block;width:100%;box-sizing:border-box;margin:.5rem 0;font:inherit;padding:.5rem}</style>
<h1>${title}</h1>${body}</html>`
}
