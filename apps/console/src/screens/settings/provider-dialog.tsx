import type { AppProviderInput } from "@ashlar/admin"
import type { AppProvider } from "@ashlar/sdk"
import { useMutation } from "@tanstack/react-query"
import { useState } from "react"
import { freeName, kindOf, type ProviderKind, providerKinds } from "../../model/providers.ts"
import { refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { Button, CopyButton } from "../../ui/button.tsx"
import { Dialog, FormDialog } from "../../ui/dialog.tsx"
import { Field, Select } from "../../ui/form.tsx"
import { fieldError, formError } from "../account-form.tsx"

interface ProviderDialogProps {
  readonly p: string
  readonly others: readonly AppProvider[]
  /** The one that is changed; none where one is added. */
  readonly provider?: AppProvider
  readonly onClose: () => void
}

interface Draft {
  readonly name: string
  readonly kind: string
  readonly label: string
  readonly clientId: string
  readonly clientSecret: string
  readonly host: string
  readonly tenant: string
}

const fields = ["name", "clientId", "clientSecret", "host", "tenant", "label"]
const kinds = providerKinds.map(({ kind, label }) => [kind, label] as const)
const orNull = (text: string): string | null => (text.trim() === "" ? null : text.trim())

/** What is kept already stays: a secret only goes to where it was given for. */
function toInput({ kind, label, clientId, clientSecret, host, tenant }: Draft, old?: AppProvider): AppProviderInput {
  const asks = kindOf(kind)
  return {
    ...{ kind, clientId: clientId.trim() },
    ...{ host: asks.host ? orNull(host) : null, tenant: asks.tenant ? orNull(tenant) : null },
    ...(clientSecret !== "" && { clientSecret }),
    ...(label.trim() !== "" && { label: label.trim() }),
    ...(old && { enabled: old.enabled }),
  }
}

function isWhole({ name, clientId, clientSecret, host, tenant, kind }: Draft, old?: AppProvider): boolean {
  const asks = kindOf(kind)
  const isGiven = (wanted: ProviderKind["host"], text: string): boolean => !wanted?.needed || text.trim() !== ""
  const hasSecret = clientSecret !== "" || old !== undefined
  return (
    name.trim() !== "" &&
    clientId.trim() !== "" &&
    hasSecret &&
    isGiven(asks.host, host) &&
    isGiven(asks.tenant, tenant)
  )
}

/** Adds a provider and shows its callback, or changes one. */
export function ProviderDialog({ p, others, provider, onClose }: ProviderDialogProps) {
  const [draft, setDraft] = useState<Draft>({
    name: provider?.name ?? freeName("google", others),
    kind: provider?.kind ?? "google",
    label: provider?.label ?? "",
    clientId: provider?.clientId ?? "",
    clientSecret: "",
    host: provider?.host ?? "",
    tenant: provider?.tenant ?? "",
  })
  const [made, setMade] = useState<AppProvider>()
  const put = useMutation({
    mutationFn: () => admin.users.putProvider(p, draft.name.trim(), toInput(draft, provider)),
    onSuccess: (now) => {
      refresh(p, "providers")
      if (provider) onClose()
      else setMade(now)
    },
  })
  const set = (changes: Partial<Draft>): void => setDraft((old) => ({ ...old, ...changes }))
  const text = (name: keyof Draft) => ({
    ...{ autoComplete: "off", value: draft[name], error: fieldError(put.error, name) },
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => set({ [name]: event.target.value }),
  })
  const asks = kindOf(draft.kind)
  if (made) return <Callback provider={made} onClose={onClose} />
  return (
    <FormDialog
      title={provider ? `Change ${provider.label}` : "Add a provider"}
      submit={provider ? "Save" : "Add provider"}
      busy={put.isPending}
      disabled={!isWhole(draft, provider)}
      error={formError(put.error, fields)}
      onSubmit={() => put.mutate()}
      onClose={onClose}
    >
      {!provider && (
        <>
          <Select
            label="Provider"
            value={draft.kind}
            choices={kinds}
            onChange={(kind) => set({ kind, name: freeName(kind, others) })}
          />
          <Field label="Name" mono hint="In addresses: small letters, digits and -" {...text("name")} />
        </>
      )}
      {asks.host && <Field label={asks.host.label} mono placeholder={asks.host.placeholder} {...text("host")} />}
      {asks.tenant && (
        <Field label={asks.tenant.label} mono placeholder={asks.tenant.placeholder} {...text("tenant")} />
      )}
      <Field label="Client id" mono {...text("clientId")} />
      <Field
        label="Client secret"
        type="password"
        mono
        hint={
          provider ? "Empty: the one that is kept. It is shown to nobody." : "Stored encrypted, and never shown again."
        }
        {...text("clientSecret")}
      />
      <Field label="On its button" placeholder={asks.label} {...text("label")} />
    </FormDialog>
  )
}

function Callback({ provider, onClose }: { readonly provider: AppProvider; readonly onClose: () => void }) {
  return (
    <Dialog title={`Register this with ${provider.label}`} onClose={onClose}>
      <div className="dialog-body">
        <p className="text-fg-2">
          The provider sends users back here, and to no other address. It stands in the list of providers as well.
        </p>
        <div className="field lg mono h-auto! py-2!">
          <output className="break-all grow select-all" aria-label="Callback">
            {provider.callbackUrl}
          </output>
        </div>
      </div>
      <div className="dialog-foot">
        <CopyButton text={provider.callbackUrl} label="Copy the callback" />
        <Button look="ink" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  )
}
