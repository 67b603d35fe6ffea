import { isRequestError } from "@ashlar/sdk"
import { CornerDownLeft, Eye, EyeOff } from "lucide-react"
import { type FormEvent, type ReactNode, useId, useState } from "react"
import { strengthOf } from "../model/password.ts"
import { Button, IconButton } from "../ui/button.tsx"
import { Field } from "../ui/form.tsx"
import { messageOf } from "../ui/state.tsx"

/** Refusals that are about one field, whatever the form. */
const fieldOfCode: Readonly<Record<string, string>> = {
  IDENTITY_WEAK_PASSWORD: "password",
  IDENTITY_EMAIL_TAKEN: "email",
  IDENTITY_INVITE_FOR_ANOTHER: "email",
  CONTROL_ALREADY_MEMBER: "email",
  CONTROL_SLUG_TAKEN: "slug",
  DOCUMENTS_COLLECTION_EXISTS: "name",
}

/** What the server says about one field of a form. */
export function fieldError(error: unknown, field: string): string | undefined {
  if (!isRequestError(error)) return undefined
  if (fieldOfCode[error.code] === field) return error.message
  if (error.details?.field === field) return error.message
  return error.errors.find((problem) => problem.pointer === `/${field.replaceAll(".", "/")}`)?.message
}

/** The part of an error that belongs to no field. */
export function formError(error: unknown, fields: readonly string[]): string | undefined {
  if (error === null || error === undefined) return undefined
  return fields.some((field) => fieldError(error, field) !== undefined) ? undefined : messageOf(error)
}

interface PasswordProps {
  value: string
  onChange: (value: string) => void
  autoComplete: "new-password" | "current-password"
  error?: string | undefined
  /** Shows how strong a new one is. */
  rate?: boolean
}

export function PasswordField({ value, onChange, autoComplete, error, rate }: PasswordProps) {
  const [shown, setShown] = useState(false)
  const id = useId()
  const strength = strengthOf(value)
  return (
    <div className="label">
      <label htmlFor={id}>Password</label>
      <span className="field lg mt-1 font-normal" aria-invalid={error !== undefined || undefined}>
        <input
          id={id}
          type={shown ? "text" : "password"}
          name="password"
          value={value}
          required
          autoComplete={autoComplete}
          aria-describedby={`${id}-hint`}
          onChange={(event) => onChange(event.target.value)}
        />
        <IconButton
          className="-mr-1.5"
          icon={shown ? EyeOff : Eye}
          label={shown ? "Hide the password" : "Show the password"}
          onClick={() => setShown(!shown)}
        />
      </span>
      <div id={`${id}-hint`} className="font-normal">
        {error !== undefined ? (
          <p className="wrong">{error}</p>
        ) : (
          rate && (
            <div className="strength">
              {[1, 2, 3, 4].map((bar) => (
                <i key={bar} className={bar <= strength.bars ? (strength.bars < 3 ? "lit weak" : "lit") : ""} />
              ))}
              <span className={strength.bars >= 3 ? "text-ok" : "text-warn"}>{strength.word}</span>
              <span className="text-fg-3 ml-auto">{strength.hint}</span>
            </div>
          )
        )}
      </div>
    </div>
  )
}

interface AccountFormProps {
  submit: string
  busy: boolean
  error: unknown
  onSubmit: (input: { name: string; email: string; password: string }) => void
  children?: ReactNode
}

/** Name, email and password of a new account. */
export function AccountForm({ submit, busy, error, onSubmit, children }: AccountFormProps) {
  const [name, setName] = useState("")
  const [email, setEmail] = useState("")
  const [password, setPassword] = useState("")
  const send = (event: FormEvent): void => {
    event.preventDefault()
    onSubmit({ name: name.trim(), email: email.trim(), password })
  }
  const wrong = formError(error, ["name", "email", "password"])
  return (
    <form onSubmit={send}>
      <div className="label">
        <Field
          large
          label="Name"
          name="name"
          autoComplete="name"
          required
          autoFocus
          value={name}
          error={fieldError(error, "name")}
          onChange={(event) => setName(event.target.value)}
        />
      </div>
      <div className="label">
        <Field
          large
          label="Email"
          name="email"
          type="email"
          autoComplete="email"
          required
          value={email}
          error={fieldError(error, "email")}
          onChange={(event) => setEmail(event.target.value)}
        />
      </div>
      <PasswordField
        rate
        value={password}
        onChange={setPassword}
        autoComplete="new-password"
        error={fieldError(error, "password")}
      />
      {wrong !== undefined && (
        <p className="wrong" role="alert">
          {wrong}
        </p>
      )}
      <Button type="submit" large look="ink" className="mt-5" busy={busy}>
        {submit}
        <CornerDownLeft className="i s" />
      </Button>
      {children}
    </form>
  )
}
