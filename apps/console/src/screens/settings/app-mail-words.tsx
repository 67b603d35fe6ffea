import type { AppSettings } from "@ashlar/sdk"
import { useState } from "react"
import { Choice, Field, Select, TextArea } from "../../ui/form.tsx"
import { fieldError } from "../account-form.tsx"

/** The words that a project has of its own; messages that are not there have the platform's. */
export type Words = AppSettings["mail"]["texts"]
type Kind = keyof Words

const messages: readonly (readonly [Kind, string])[] = [
  ["verify", "Confirm the address"],
  ["link", "Sign in by mail"],
  ["reset", "Choose a new password"],
  ["passwordChanged", "The password was changed"],
  ["emailTaken", "There is an account already"],
  ["factorAdded", "A second factor was added"],
  ["factorRemoved", "A second factor was taken away"],
  ["factorsReset", "Second factors were reset"],
]
/** Messages that carry what lets somebody in. */
const carrying: ReadonlySet<Kind> = new Set(["verify", "link", "reset"])

/** What to send so that the words become these: null for those that are the platform's again. */
export function toTextsChange(old: Words, now: Words): { readonly [K in Kind]?: Words[K] | null } {
  const gone = Object.keys(old).filter((kind) => now[kind as Kind] === undefined)
  return { ...now, ...Object.fromEntries(gone.map((kind) => [kind, null])) }
}

interface MailWordsProps {
  readonly words: Words
  readonly error: unknown
  readonly onChange: (words: Words) => void
}

/** How each message is worded. */
export function MailWords({ words, error, onChange }: MailWordsProps) {
  const [kind, setKind] = useState<Kind>("verify")
  const text = words[kind]
  const set = (next: Words[Kind]): void => {
    const { [kind]: _, ...others } = words
    onChange(next === undefined ? others : { ...others, [kind]: next })
  }
  const wrong = (field: string): string | undefined => fieldError(error, `mail.texts.${kind}.${field}`)
  const places = carrying.has(kind) ? "{{app}}, {{code}}, {{link}} and {{minutes}}" : "{{app}}"
  return (
    <>
      <Select
        label="Message"
        value={kind}
        choices={messages.map(([one, title]) => [one, words[one] ? `${title}, in your words` : title] as const)}
        onChange={setKind}
      />
      <Choice
        label="Words"
        value={text ? "own" : "platform"}
        choices={[
          ["platform", "The platform's"],
          ["own", "Your own"],
        ]}
        onChange={(next) => set(next === "own" ? { subject: "", body: "" } : undefined)}
      />
      {text && (
        <>
          <Field
            label="Subject"
            value={text.subject}
            error={wrong("subject")}
            hint="{{app}} stands for the app's name."
            onChange={(event) => set({ ...text, subject: event.target.value })}
          />
          <TextArea
            label="Text"
            rows={8}
            value={text.body}
            error={wrong("body") ?? fieldError(error, `mail.texts.${kind}`)}
            hint={`Plain text, with ${places} in it.`}
            onChange={(event) => set({ ...text, body: event.target.value })}
          />
        </>
      )}
    </>
  )
}
