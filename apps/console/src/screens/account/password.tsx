import type { FactorState } from "@ashlar/sdk"
import { useState } from "react"
import { queryClient, sessionsQuery } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button } from "../../ui/button.tsx"
import { FormDialog } from "../../ui/dialog.tsx"
import { fieldError, formError, PasswordField } from "../account-form.tsx"
import { isStepUp, useStepUp } from "./step-up.tsx"

/** A new password. Who has just signed in, by whatever way, need not know the old one. */
export function PasswordSection({ state }: { state: FactorState }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <section className="setting" aria-label="Password">
      <h2>Password</h2>
      <p className="text-fg-2 mb-3 max-w-[60ch]">A new one signs you out everywhere else.</p>
      <Button onClick={() => setOpen(true)}>Change the password</Button>
      {isOpen && <ChangePassword state={state} onClose={() => setOpen(false)} />}
    </section>
  )
}

function ChangePassword({ state, onClose }: { state: FactorState; onClose: () => void }) {
  const [password, setPassword] = useState("")
  const [problem, setProblem] = useState<unknown>(null)
  const { attempt, busy, dialog } = useStepUp(state)
  const change = async (): Promise<void> => {
    try {
      await admin.changePassword(password)
    } catch (error) {
      if (isStepUp(error)) throw error
      setProblem(error)
      return
    }
    onClose()
    showToast({ tone: "ok", title: "The password is changed", text: "You are signed out everywhere else." })
    void queryClient.invalidateQueries({ queryKey: sessionsQuery().queryKey })
  }
  if (dialog) return dialog
  return (
    <FormDialog
      title="Change the password"
      submit="Change it"
      busy={busy}
      disabled={password === ""}
      error={formError(problem, ["password"])}
      onSubmit={() => void attempt(change)}
      onClose={onClose}
    >
      <PasswordField
        rate
        value={password}
        onChange={setPassword}
        autoComplete="new-password"
        error={fieldError(problem, "password")}
      />
    </FormDialog>
  )
}
