import type { FactorProof, SecondStep } from "@ashlar/sdk"
import { CornerDownLeft, Fingerprint } from "lucide-react"
import { type FormEvent, useState } from "react"
import { hasPasskeys } from "../model/passkeys.ts"
import { Button } from "../ui/button.tsx"
import { Field } from "../ui/form.tsx"

interface ProofFormProps {
  readonly factors: SecondStep["factors"]
  readonly submit: string
  readonly busy: boolean
  /** What was wrong with the last proof. */
  readonly error: string | undefined
  readonly onProof: (proof: FactorProof) => void
  readonly onPasskey: () => void
}

/** Shows a second factor: a passkey, a code of an app, or one from paper. */
export function ProofForm({ factors, submit, busy, error, onProof, onPasskey }: ProofFormProps) {
  const canCode = factors.includes("totp")
  const canPasskey = factors.includes("passkey") && hasPasskeys
  const [way, setWay] = useState<"code" | "recovery">(canCode || canPasskey ? "code" : "recovery")
  const [text, setText] = useState("")
  const send = (event: FormEvent): void => {
    event.preventDefault()
    if (text.trim() === "") return
    onProof(way === "code" ? { code: text } : { recoveryCode: text })
  }
  const switchTo = (next: typeof way): void => {
    setText("")
    setWay(next)
  }
  const showsField = way === "recovery" || canCode
  return (
    <form onSubmit={send} className="mt-4">
      {canPasskey && way === "code" && (
        <Button large look={canCode ? undefined : "ink"} icon={Fingerprint} busy={busy} onClick={onPasskey}>
          Use a passkey
        </Button>
      )}
      {showsField && (
        <div className="label mt-4">
          <Field
            key={way}
            large
            mono
            label={way === "code" ? "Code of your authenticator app" : "Recovery code"}
            name="code"
            inputMode={way === "code" ? "numeric" : "text"}
            autoComplete={way === "code" ? "one-time-code" : "off"}
            autoCapitalize="none"
            spellCheck={false}
            maxLength={32}
            required
            autoFocus
            value={text}
            hint={way === "recovery" ? "Like abcde-fghjk. Each works once." : undefined}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
      )}
      {error !== undefined && (
        <p className="wrong" role="alert">
          {error}
        </p>
      )}
      {showsField && (
        <Button type="submit" large look="ink" className="mt-5" busy={busy}>
          {submit}
          <CornerDownLeft className="i s" />
        </Button>
      )}
      {way === "code" && factors.includes("recovery") && (
        <p className="mt-4">
          <Button look="quiet" onClick={() => switchTo("recovery")}>
            Use a recovery code
          </Button>
        </p>
      )}
      {way === "recovery" && (canCode || canPasskey) && (
        <p className="mt-4">
          <Button look="quiet" onClick={() => switchTo("code")}>
            Use another way
          </Button>
        </p>
      )}
    </form>
  )
}
