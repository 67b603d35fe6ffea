import type { FactorState, User } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { Link, useSearch } from "@tanstack/react-router"
import { BadgeCheck, MailWarning } from "lucide-react"
import { useState } from "react"
import { meQuery, queryClient } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button } from "../../ui/button.tsx"
import { FormDialog } from "../../ui/dialog.tsx"
import { Field } from "../../ui/form.tsx"
import { messageOf } from "../../ui/state.tsx"
import { waysQuery } from "../sign-in-ways.tsx"
import { Wall, Wordmark } from "../wall.tsx"
import { isStepUp, useStepUp } from "./step-up.tsx"

const keepMe = (user: User): void => void queryClient.setQueryData(meQuery().queryKey, user)

/** The address of whoever is signed in: confirmed or not, and changed by what is sent to the new one. */
export function AddressSection({ state }: { state: FactorState }) {
  const me = useQuery(meQuery())
  const ways = useQuery(waysQuery())
  const [asking, setAsking] = useState<"confirm" | "change">()
  if (me.data === undefined || ways.data === undefined) return null
  const { email, emailVerified } = me.data
  const Icon = emailVerified ? BadgeCheck : MailWarning
  return (
    <section className="setting" aria-label="Address">
      <h2>Address</h2>
      <p className="text-fg-2 mb-3 max-w-[60ch]">
        <span className="inline-flex items-center gap-2 align-bottom">
          <Icon className={`i s ${emailVerified ? "text-ok" : "text-warn"}`} />
          <b className="break-all">{email}</b>
        </span>{" "}
        {emailVerified ? "is confirmed." : "is not confirmed, so mail and providers do not sign you in by it."}
      </p>
      {ways.data.mail ? (
        <p className="flex flex-wrap gap-2">
          {!emailVerified && <Button onClick={() => setAsking("confirm")}>Confirm it</Button>}
          <Button onClick={() => setAsking("change")}>Change it</Button>
        </p>
      ) : (
        <p className="hint">This install sends no mail, so it can be neither confirmed nor changed.</p>
      )}
      {asking && <MailDialog what={asking} email={email} state={state} onClose={() => setAsking(undefined)} />}
    </section>
  )
}

interface MailDialogProps {
  readonly what: "confirm" | "change"
  readonly email: string
  readonly state: FactorState
  readonly onClose: () => void
}

/** Sends a code, and takes it. */
function MailDialog({ what, email, state, onClose }: MailDialogProps) {
  const [to, setTo] = useState("")
  const [handle, setHandle] = useState<string>()
  const [code, setCode] = useState("")
  const [problem, setProblem] = useState<string>()
  const { attempt, busy, dialog } = useStepUp(state)
  const { address } = admin
  const told = async (act: () => Promise<void>): Promise<void> => {
    try {
      setProblem(undefined)
      await act()
    } catch (error) {
      if (isStepUp(error)) throw error
      setProblem(messageOf(error))
    }
  }
  const ask = async (): Promise<void> => {
    const asked = what === "confirm" ? await address.askVerification() : await address.askChange(to.trim())
    setHandle(asked.handle)
  }
  const show = async (): Promise<void> => {
    const shown = { handle: handle ?? "", code: code.replaceAll(/\s/g, "") }
    keepMe(what === "confirm" ? await address.verify(shown) : await address.change(shown))
    onClose()
    showToast({ tone: "ok", title: what === "confirm" ? "The address is confirmed" : "The address is changed" })
  }
  if (dialog) return dialog
  const isAsked = handle !== undefined
  const goal = what === "confirm" ? email : to.trim()
  return (
    <FormDialog
      title={what === "confirm" ? "Confirm your address" : "Change your address"}
      submit={isAsked ? "Confirm" : "Send a code"}
      busy={busy}
      disabled={isAsked ? code.trim() === "" : what === "change" && to.trim() === ""}
      error={problem}
      onSubmit={() => void attempt(() => told(isAsked ? show : ask))}
      onClose={onClose}
    >
      <p className="text-fg-2">
        {isAsked
          ? `A code is on its way to ${goal}, unless it is the address of another account.`
          : what === "confirm"
            ? `A code goes to ${email}.`
            : "A code goes to the new address, and a word to the old one."}
      </p>
      {isAsked ? (
        <Field
          key="code"
          mono
          label="Code"
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={16}
          autoFocus
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
      ) : (
        what === "change" && (
          <Field
            label="New address"
            name="email"
            type="email"
            autoComplete="email"
            autoFocus
            value={to}
            onChange={(event) => setTo(event.target.value)}
          />
        )
      )}
    </FormDialog>
  )
}

/** Where the link of such a message leads. Its button confirms: programs open links too. */
export function ConfirmAddressScreen() {
  const { token = "", change } = useSearch({ from: "/confirm-address" })
  const confirm = useMutation({
    mutationFn: () => (change === 1 ? admin.address.change({ token }) : admin.address.verify({ token })),
    onSuccess: keepMe,
  })
  return (
    <Wall heightPx={420}>
      <div className="in">
        <Wordmark />
        <h1>{confirm.isSuccess ? "It is confirmed" : "Confirm your address"}</h1>
        <p className="lead">
          {confirm.isSuccess
            ? confirm.data.email
            : "With the link that you were sent. It works once, in the browser where you asked for it."}
        </p>
        {confirm.isError && (
          <p className="wrong mt-4" role="alert">
            {messageOf(confirm.error)}
          </p>
        )}
        <div className="flex gap-2 mt-5">
          {!confirm.isSuccess && (
            <Button look="ink" busy={confirm.isPending} onClick={() => confirm.mutate()}>
              Confirm
            </Button>
          )}
          <Link className="btn" to="/security" search={{}}>
            Security
          </Link>
        </div>
      </div>
    </Wall>
  )
}
