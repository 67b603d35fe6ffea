import type { EmailMessage } from "@ashlar/auth/email"

/** What a person of the install is told by mail. */
export type PersonMailKind = EmailMessage["kind"] | "sign-in-unverified"

/** A message to a person, in words. */
export interface PersonMail {
  readonly kind: PersonMailKind
  readonly to: string
  readonly subject: string
  readonly paragraphs: readonly string[]
  /** The page that one of the paragraphs names. */
  readonly link: string | undefined
}

/** What takes people their mail. It is not waited for. */
export type SendPersonMail = (mail: PersonMail) => Promise<unknown>

interface Words {
  readonly subject: string
  readonly before?: string
  readonly after: string
}

const IGNORE = "If that was not you, ignore this message: nothing happens without it."

/** What carries a link and a code, which let somebody do something. */
const CARRYING: Readonly<Record<"verify" | "sign-in" | "reset" | "change-email", Words>> = {
  verify: {
    subject: "Confirm your address",
    before: "Confirm that this is the address of your account at {{host}}, where you are signed in, with this code:",
    after: IGNORE,
  },
  "sign-in": {
    subject: "Sign in",
    before: "Sign in at {{host}}, in the browser where you asked for it, with this code:",
    after: `Give it to nobody. ${IGNORE}`,
  },
  // Nobody is sent it: a link of the operator is what sets a password here.
  reset: {
    subject: "Choose a new password",
    before: "Choose a new password at {{host}} with this code:",
    after: IGNORE,
  },
  "change-email": {
    subject: "Confirm your new address",
    before: "Make this the address of your account at {{host}}, where you are signed in, with this code:",
    after: IGNORE,
  },
}

const TOLD: Readonly<Record<Exclude<PersonMailKind, keyof typeof CARRYING>, Words>> = {
  "password-changed": {
    subject: "Your password was changed",
    before: "The password of your account at {{host}} was changed, and you were signed out everywhere else.",
    after: "If that was not you, ask whoever runs the install to let you back in, at once.",
  },
  "email-changing": {
    subject: "Your address is about to change",
    before: "Somebody who is signed in as you at {{host}} asked to change the address of your account.",
    after: "If that was not you, set a new password at once: it ends all other sessions.",
  },
  "email-taken": {
    subject: "You have an account already",
    before: "Somebody wanted to give another account at {{host}} this address, which is the address of yours.",
    after: "Nothing was changed.",
  },
  "no-account": {
    subject: "You have no account",
    before: "There is no account with this address at {{host}}.",
    after: IGNORE,
  },
  "sign-in-unverified": {
    subject: "Your address is not confirmed yet",
    before:
      "Somebody, most likely you, wanted to sign in at {{host}} by mail. The address of your account was never confirmed, so mail signs nobody in to it.",
    after:
      "Sign in with your password, and confirm the address under Security. If that was not you, ignore this message.",
  },
}

/** Puts a message into words. @param host Where the install is, as people know it. */
export function wordPersonMail(
  message: {
    readonly kind: PersonMailKind
    readonly to: string
    readonly url?: string
    readonly code?: string | undefined
    readonly expiresMs?: number
  },
  { host, nowMs }: { readonly host: string; readonly nowMs: number },
): PersonMail {
  const { kind, to, url, code, expiresMs } = message
  const isCarrying = kind in CARRYING
  const { subject, before = "", after } = { ...CARRYING, ...TOLD }[kind]
  const minutes = expiresMs === undefined ? 0 : Math.round((expiresMs - nowMs) / 60_000)
  const carried =
    isCarrying && url !== undefined ? [code ?? "", `Or open ${url}`, `It works once, for ${minutes} minutes.`] : []
  const paragraphs = [before.replace("{{host}}", host), ...carried, after].filter((text) => text !== "")
  return { kind, to, subject: `${subject} · ${host}`, paragraphs, link: isCarrying ? url : undefined }
}
