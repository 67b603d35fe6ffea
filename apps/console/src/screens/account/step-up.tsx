import { type FactorProof, type FactorState, isRequestError, showPasskey } from "@ashlar/sdk"
import { useMutation } from "@tanstack/react-query"
import { type FormEvent, type ReactNode, useState } from "react"
import { passkeyProblem } from "../../model/passkeys.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button } from "../../ui/button.tsx"
import { Dialog } from "../../ui/dialog.tsx"
import { messageOf } from "../../ui/state.tsx"
import { PasswordField } from "../account-form.tsx"
import { ProofForm } from "../second-step.tsx"

/** Whether the server wants to be shown again who one is, before it does this. */
export function isStepUp(error: unknown): boolean {
  return isRequestError(error, "AUTH_STEP_UP_REQUIRED")
}

/**
 * Does what only somebody does who has just shown who they are: it is tried, and where the server asks for more, `dialog` asks the person,
 * and it is tried again. Other failures are told in a toast.
 */
export function useStepUp(state: FactorState): {
  readonly attempt: (act: () => Promise<void>) => Promise<void>
  readonly busy: boolean
  readonly dialog: ReactNode
} {
  const [again, setAgain] = useState<() => Promise<void>>()
  const [busy, setBusy] = useState(false)
  const attempt = async (act: () => Promise<void>): Promise<void> => {
    setBusy(true)
    try {
      await act()
    } catch (error) {
      if (isStepUp(error)) setAgain(() => act)
      else showToast({ tone: "bad", title: "Nothing was changed", text: messageOf(error) })
    } finally {
      setBusy(false)
    }
  }
  const dialog = again && (
    <StepUp
      state={state}
      onDone={() => {
        setAgain(undefined)
        void attempt(again)
      }}
      onClose={() => setAgain(undefined)}
    />
  )
  return { attempt, busy, dialog }
}

interface StepUpProps {
  readonly state: FactorState
  readonly onDone: () => void
  readonly onClose: () => void
}

/** Asks who one is once more: by a factor where there is one, else by the password. */
export function StepUp({ state, onDone, onClose }: StepUpProps) {
  const [password, setPassword] = useState("")
  const prove = useMutation({
    mutationFn: (proof: FactorProof & { password?: string }) => admin.factors.stepUp(proof),
    onSuccess: onDone,
  })
  const passkey = useMutation({
    mutationFn: async () => admin.factors.stepUp({ passkey: await showPasskey(await admin.factors.stepUpOptions()) }),
    onSuccess: onDone,
  })
  const kinds = [...new Set(state.factors.map(({ kind }) => kind))]
  const wrong = prove.error ? messageOf(prove.error) : passkey.error ? passkeyProblem(passkey.error) : undefined
  const send = (event: FormEvent): void => {
    event.preventDefault()
    prove.mutate({ password })
  }
  return (
    <Dialog title="Is it still you?" onClose={onClose}>
      <div className="dialog-body">
        <p className="text-fg-2">How you sign in changes only for somebody who has just shown who they are.</p>
        {kinds.length > 0 ? (
          <ProofForm
            factors={state.recoveryCodes > 0 ? [...kinds, "recovery"] : kinds}
            submit="Go on"
            busy={prove.isPending || passkey.isPending}
            error={wrong}
            onProof={(proof) => {
              passkey.reset()
              prove.mutate(proof)
            }}
            onPasskey={() => {
              prove.reset()
              passkey.mutate()
            }}
          />
        ) : (
          <form onSubmit={send}>
            <PasswordField value={password} onChange={setPassword} autoComplete="current-password" error={wrong} />
            <Button type="submit" large look="ink" className="mt-5" busy={prove.isPending}>
              Go on
            </Button>
          </form>
        )}
      </div>
      <div className="dialog-foot">
        <Button look="quiet" onClick={onClose} keys="Escape">
          Cancel
        </Button>
      </div>
    </Dialog>
  )
}
