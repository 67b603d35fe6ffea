import type { AddedFactor, AppEnrolment, Factor, FactorState } from "@ashlar/sdk"
import { useQuery } from "@tanstack/react-query"
import { Fingerprint, Pencil, Plus, Smartphone, Trash2 } from "lucide-react"
import { useState } from "react"
import { TopBar } from "../../frame/top-bar.tsx"
import { hasPasskeys } from "../../model/passkeys.ts"
import { factorsQuery, queryClient } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button, IconButton } from "../../ui/button.tsx"
import { FormDialog } from "../../ui/dialog.tsx"
import { Field } from "../../ui/form.tsx"
import { Acts, Ago, ListTable } from "../../ui/list.tsx"
import { Bones, Failed, messageOf } from "../../ui/state.tsx"
import { AddApp, AddPasskey, RecoveryCodes } from "./add-factor.tsx"
import { AddressSection } from "./address.tsx"
import { FactorAsked } from "./factor-asked.tsx"
import { IdentitiesSection, RememberedSection } from "./identities.tsx"
import { PasswordSection } from "./password.tsx"
import { SessionList } from "./sessions.tsx"
import { useStepUp } from "./step-up.tsx"

type Asking =
  | { readonly what: "app"; readonly enrolment: AppEnrolment }
  | { readonly what: "passkey"; readonly options: Readonly<Record<string, unknown>> }
  | { readonly what: "rename" | "remove"; readonly factor: Factor }

/** How the person signs in, and where they are signed in. */
export function SecurityScreen() {
  const factors = useQuery(factorsQuery())
  return (
    <div className="app app-bare">
      <TopBar />
      <main className="main" id="main" tabIndex={-1} data-pane="">
        <div className="bar head course-end">
          <h1>Security</h1>
        </div>
        <div className="scroll">
          {factors.isPending && <Bones heightPx={40} label="Loading your factors" />}
          {factors.isError && (
            <Failed
              title="Your factors could not be read"
              error={factors.error}
              onRetry={() => void factors.refetch()}
            />
          )}
          {factors.data && (
            <>
              <FactorAsked state={factors.data} />
              <AddressSection state={factors.data} />
              <PasswordSection state={factors.data} />
              <Factors state={factors.data} />
              <RememberedSection />
              <IdentitiesSection state={factors.data} />
            </>
          )}
          <SessionList />
        </div>
      </main>
    </div>
  )
}

function Factors({ state }: { state: FactorState }) {
  const [asking, setAsking] = useState<Asking>()
  const [codes, setCodes] = useState<readonly string[]>()
  const { attempt, busy, dialog } = useStepUp(state)
  const close = (): void => setAsking(undefined)
  const reload = (): void => void queryClient.invalidateQueries({ queryKey: factorsQuery().queryKey })

  const added = ({ factor, recoveryCodes }: AddedFactor): void => {
    close()
    reload()
    showToast({ tone: "ok", title: "Added", text: factor.label })
    if (recoveryCodes !== null) setCodes(recoveryCodes)
  }
  const addApp = async (): Promise<void> => setAsking({ what: "app", enrolment: await admin.factors.enrollApp() })
  const addPasskey = async (): Promise<void> =>
    setAsking({ what: "passkey", options: await admin.factors.passkeyOptions() })
  const renewCodes = async (): Promise<void> => {
    setCodes(await admin.factors.renewRecoveryCodes())
    reload()
  }
  const remove = async (factor: Factor): Promise<void> => {
    close()
    await admin.factors.remove(factor.id)
    reload()
    showToast({ tone: "ok", title: "Taken away", text: factor.label })
  }
  const { origins = [] } = state.passkeys ?? {}
  const canPasskey = hasPasskeys && origins.includes(location.origin)
  return (
    <>
      <section className="setting" aria-label="Second factors">
        <h2>Second factors</h2>
        <p className="text-fg-2 mb-3 max-w-[60ch]">
          {state.factors.length === 0
            ? "Your password alone signs you in. With an authenticator app or a passkey, knowing it is not enough."
            : "Signing in takes your password and one of these, or a passkey alone."}
        </p>
        {state.factors.length > 0 && <FactorTable factors={state.factors} onAsk={setAsking} />}
        <p className="flex flex-wrap gap-2 mt-3">
          <Button look="ink" icon={Plus} disabled={busy} onClick={() => void attempt(addApp)}>
            Add an authenticator app
          </Button>
          {canPasskey && (
            <Button icon={Fingerprint} disabled={busy} onClick={() => void attempt(addPasskey)}>
              Add a passkey
            </Button>
          )}
        </p>
        {!canPasskey && origins[0] !== undefined && <p className="hint mt-2">Passkeys can be added at {origins[0]}.</p>}
      </section>
      {state.factors.length > 0 && (
        <section className="setting" aria-label="Recovery codes">
          <h2>Recovery codes</h2>
          <p className="text-fg-2 mb-3 max-w-[60ch]">
            {state.recoveryCodes} of 10 left. Each signs you in once, on the day when your devices are lost.
          </p>
          <Button disabled={busy} onClick={() => void attempt(renewCodes)}>
            Make new codes
          </Button>
        </section>
      )}
      {asking?.what === "app" && <AddApp enrolment={asking.enrolment} onDone={added} onClose={close} />}
      {asking?.what === "passkey" && <AddPasskey options={asking.options} onDone={added} onClose={close} />}
      {asking?.what === "rename" && <Rename factor={asking.factor} onDone={reload} onClose={close} />}
      {asking?.what === "remove" && (
        <FormDialog
          title={`Take ${asking.factor.label} away`}
          submit="Take it away"
          danger
          onSubmit={() => void attempt(() => remove(asking.factor))}
          onClose={close}
        >
          <p className="text-fg-2">
            {state.factors.length === 1
              ? "It is the last one: your password alone signs you in then, and the recovery codes end."
              : "It signs you in no more."}
          </p>
        </FormDialog>
      )}
      {dialog}
      {codes && <RecoveryCodes codes={codes} onClose={() => setCodes(undefined)} />}
    </>
  )
}

function FactorTable({ factors, onAsk }: { factors: readonly Factor[]; onAsk: (asking: Asking) => void }) {
  return (
    <ListTable heads={["Name", "Kind", ["Last used", "w-32"], ["Added", "w-32"]]} acts="w-24">
      {factors.map((factor) => {
        const Icon = factor.kind === "passkey" ? Fingerprint : Smartphone
        return (
          <tr key={factor.id}>
            <td>
              <span className="inline-flex items-center gap-2 font-strong">
                <Icon className="i s" />
                {factor.label}
              </span>
            </td>
            <td className="text-fg-2">{kindOf(factor)}</td>
            <Ago head="used" at={factor.lastUsedAt} />
            <Ago head="added" at={factor.createdAt} />
            <Acts>
              <IconButton
                icon={Pencil}
                label={`Rename ${factor.label}`}
                onClick={() => onAsk({ what: "rename", factor })}
              />
              <IconButton
                icon={Trash2}
                label={`Take ${factor.label} away`}
                onClick={() => onAsk({ what: "remove", factor })}
              />
            </Acts>
          </tr>
        )
      })}
    </ListTable>
  )
}

function kindOf({ kind, backedUp }: Factor): string {
  if (kind === "totp") return "Authenticator app"
  return backedUp === true ? "Passkey, on all your devices" : "Passkey, on one device"
}

interface RenameProps {
  readonly factor: Factor
  readonly onDone: () => void
  readonly onClose: () => void
}

function Rename({ factor, onDone, onClose }: RenameProps) {
  const [label, setLabel] = useState(factor.label)
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const send = async (): Promise<void> => {
    setBusy(true)
    try {
      await admin.factors.rename(factor.id, label.trim())
      onDone()
      onClose()
    } catch (error) {
      setProblem(messageOf(error))
      setBusy(false)
    }
  }
  return (
    <FormDialog
      title={`Rename ${factor.label}`}
      submit="Rename"
      busy={busy}
      disabled={label.trim() === ""}
      error={problem}
      onSubmit={() => void send()}
      onClose={onClose}
    >
      <Field
        label="Name"
        name="label"
        maxLength={100}
        autoFocus
        autoComplete="off"
        value={label}
        onChange={(event) => setLabel(event.target.value)}
      />
    </FormDialog>
  )
}
