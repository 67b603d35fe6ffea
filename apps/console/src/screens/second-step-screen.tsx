import { type FactorProof, isRequestError, type SecondStep, showPasskey } from "@ashlar/sdk"
import { useMutation } from "@tanstack/react-query"
import { useEffect, useState } from "react"
import { passkeyProblem } from "../model/passkeys.ts"
import { admin } from "../session.ts"
import { Button } from "../ui/button.tsx"
import { messageOf } from "../ui/state.tsx"
import { ProofForm } from "./second-step.tsx"
import { Wall, Wordmark } from "./wall.tsx"

interface SecondStepProps {
  readonly step: SecondStep
  readonly onDone: () => void
  readonly onBegin: () => void
}

/** The first step is done, whatever it was; there is a second factor. */
export function SecondStepScreen({ step: { ticket, factors }, onDone, onBegin }: SecondStepProps) {
  const { secondStep } = admin.auth
  const [remember, setRemember] = useState(false)
  const prove = useMutation({
    mutationFn: (proof: FactorProof) => secondStep.finish({ ticket, remember, ...proof }),
    onSuccess: onDone,
  })
  const passkey = useMutation({
    mutationFn: async () =>
      secondStep.finish({ ticket, remember, passkey: await showPasskey(await secondStep.passkeyOptions(ticket)) }),
    onSuccess: onDone,
  })
  const waitSeconds = useWait(prove.error)
  const error =
    waitSeconds > 0
      ? `Too many wrong codes. Try again in ${waitSeconds} s.`
      : prove.error
        ? messageOf(prove.error)
        : passkey.error
          ? passkeyProblem(passkey.error)
          : undefined
  const busy = prove.isPending || passkey.isPending || waitSeconds > 0
  return (
    <Wall heightPx={480}>
      <div className="in">
        <Wordmark />
        <h1>One more step</h1>
        <p className="lead">Show your second factor.</p>
        <ProofForm
          factors={factors}
          submit="Sign in"
          busy={busy}
          error={error}
          onProof={(proof) => {
            passkey.reset()
            prove.mutate(proof)
          }}
          onPasskey={() => {
            prove.reset()
            passkey.mutate()
          }}
        />
        <label className="mt-4 flex items-center gap-2 text-fg-2">
          <input type="checkbox" checked={remember} onChange={(event) => setRemember(event.target.checked)} />
          Do not ask in this browser for 30 days
        </label>
        <p className="hint mt-4">
          <Button look="quiet" onClick={onBegin}>
            Sign in as somebody else
          </Button>
        </p>
      </div>
    </Wall>
  )
}

/** How many seconds the server asked to wait, counted down. */
export function useWait(error: unknown): number {
  const [left, setLeft] = useState(0)
  useEffect(() => {
    const waitMs = isRequestError(error) && error.status === 429 ? (error.retryAfterMs ?? 0) : 0
    const untilMs = Date.now() + waitMs
    const tick = (): void => setLeft(Math.max(0, Math.ceil((untilMs - Date.now()) / 1_000)))
    tick()
    if (waitMs === 0) return
    const timer = setInterval(tick, 500)
    return () => clearInterval(timer)
  }, [error])
  return left
}
