import { InvalidInput } from "../errors.ts"
import { foldEmail } from "../person.ts"

/** What a user of an app is told by mail. The first three carry what lets somebody in. */
export type AppMailKind = "verify" | "link" | "reset" | "passwordChanged" | "emailTaken" | AppFactorMail
/** What was done to a user's second factors. */
export type AppFactorMail = "factorAdded" | "factorRemoved" | "factorsReset"

/**
 * The words of one message. `{{app}}` stands for the app's name, `{{code}}`, `{{link}}` and `{{minutes}}` for what the message brings. A
 * paragraph that asks for a link is left out where there is none.
 */
export interface AppMailText {
  /** 1 to 150 characters on one line. */
  readonly subject: string
  /** Plain text of at most 4,000 characters; empty lines part paragraphs. */
  readonly body: string
}

export type AppMailTexts = { readonly [Kind in AppMailKind]?: AppMailText | undefined }

export interface AppMailSettings {
  /** Whom mail is from, and what it calls the app. Empty: the project's name. At most 100 characters. */
  readonly senderName: string
  /** Whom answers go to. */
  readonly replyTo: string | null
  /** Words of the project's own. Default: {@link mailTexts}. */
  readonly texts: AppMailTexts
}

export const defaultMailSettings: AppMailSettings = { senderName: "", replyTo: null, texts: {} }

const IGNORE = "If that was not you, ignore this message: nothing happens without it."

export const mailTexts: Readonly<Record<AppMailKind, AppMailText>> = {
  verify: {
    subject: "Confirm your address for {{app}}",
    body: `Somebody, most likely you, gave this address to {{app}}. Confirm it with this code:

{{code}}

Or open {{link}}

It works once, for {{minutes}} minutes. ${IGNORE}`,
  },
  link: {
    subject: "Sign in to {{app}}",
    body: `Sign in to {{app}} with this code:

{{code}}

Or open {{link}}

It works once, for {{minutes}} minutes. Give it to nobody. ${IGNORE}`,
  },
  reset: {
    subject: "Choose a new password for {{app}}",
    body: `Choose a new password for {{app}} with this code:

{{code}}

Or open {{link}}

It works once, for {{minutes}} minutes. Give it to nobody. ${IGNORE}`,
  },
  passwordChanged: {
    subject: "Your password for {{app}} was changed",
    body: "The password of your account at {{app}} was changed, and you were signed out elsewhere.\n\nIf that was not you, choose a new one at once.",
  },
  factorAdded: {
    subject: "A second factor was added at {{app}}",
    body: "A second factor was added to your account at {{app}}: an authenticator app or a passkey, which signing in asks for from now on.\n\nIf that was not you, sign in, take it away and choose a new password at once.",
  },
  factorRemoved: {
    subject: "A second factor was taken away at {{app}}",
    body: "A second factor of your account at {{app}} was taken away by somebody who is signed in as you.\n\nIf that was not you, choose a new password at once.",
  },
  factorsReset: {
    subject: "Your second factors at {{app}} were reset",
    body: "Whoever runs {{app}} took all second factors of your account away and signed you out, as you may have asked them to.\n\nIf you did not ask, tell them, and choose a new password.",
  },
  emailTaken: {
    subject: "You have an account at {{app}} already",
    body: "Somebody, most likely you, wanted to sign up for {{app}} with this address, which has an account already.\n\nSign in instead, by mail if you do not know your password. If that was not you, ignore this message.",
  },
}

/** What a message brings besides its words. */
export interface AppMailFacts {
  readonly app: string
  readonly code?: string | undefined
  readonly link?: string | undefined
  readonly minutes?: number | undefined
}

/** A message in words: paragraphs of plain text, of which those that are a link and nothing else say so. */
export interface WordedMail {
  readonly subject: string
  readonly paragraphs: readonly string[]
}

/** Puts a message into words. What is put in is put in once: values that look like `{{code}}` stay what they are. */
export function wordMail(kind: AppMailKind, texts: AppMailTexts, facts: AppMailFacts): WordedMail {
  const { subject, body } = texts[kind] ?? mailTexts[kind]
  const fill = (text: string): string =>
    text.replace(PLACE, (_, name: keyof AppMailFacts) => String(facts[name] ?? "").replace(/\p{Cc}/gu, " "))
  const isPossible = (paragraph: string): boolean =>
    [...paragraph.matchAll(PLACE)].every(([, name]) => facts[name as keyof AppMailFacts] !== undefined)
  const paragraphs = body.split(/\n\s*\n/).filter((paragraph) => paragraph.trim() !== "" && isPossible(paragraph))
  return { subject: fill(subject), paragraphs: paragraphs.map((paragraph) => fill(paragraph.trim())) }
}

const PLACE = /\{\{(app|code|link|minutes)\}\}/g
const CARRYING: readonly AppMailKind[] = ["verify", "link", "reset"]

/** @throws {IDENTITY_INVALID_INPUT} naming the field */
export function checkMailSettings({ senderName, replyTo, texts }: AppMailSettings): void {
  const isLine = (text: string, max: number): boolean =>
    [...text].length <= max && !/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(text)
  if (!isLine(senderName, 100)) refuse("mail.senderName", "at most 100 characters on one line")
  if (replyTo !== null && foldEmail(replyTo) === undefined) refuse("mail.replyTo", "an address like name@example.org")
  for (const [kind, text] of Object.entries(texts) as [AppMailKind, AppMailText | undefined][]) {
    if (text === undefined) continue
    const { subject, body } = text
    if (subject.trim() === "" || !isLine(subject, 150))
      refuse(`mail.texts.${kind}.subject`, "1 to 150 characters on one line")
    // What the subject says is read on locked screens, and in logs of everybody on the way.
    if (/\{\{(code|link)\}\}/.test(subject))
      refuse(`mail.texts.${kind}.subject`, "a text without {{code}} and {{link}}")
    if (body.trim() === "" || body.length > 4_000) refuse(`mail.texts.${kind}.body`, "1 to 4,000 characters")
    if (CARRYING.includes(kind) && !body.includes("{{code}}")) refuse(`mail.texts.${kind}.body`, "a text with {{code}}")
    const unknown = /\{\{(?!(?:app|code|link|minutes)\}\})/.test(subject + body)
    if (unknown) refuse(`mail.texts.${kind}`, "no other places than {{app}}, {{code}}, {{link}} and {{minutes}}")
  }
}

function refuse(field: string, expected: string): never {
  throw new InvalidInput(`Expected \`${field}\` to be ${expected}.`, { details: { field } })
}
