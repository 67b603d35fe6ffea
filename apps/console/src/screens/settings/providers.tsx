import type { AppProvider } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { Link, useParams } from "@tanstack/react-router"
import { Pencil, Plus, Power, PowerOff, Trash2 } from "lucide-react"
import { useState } from "react"
import { kindOf } from "../../model/providers.ts"
import { providersQuery, refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { CopyIcon, IconButton } from "../../ui/button.tsx"
import { FormDialog } from "../../ui/dialog.tsx"
import { List, ListScreen, ListTable } from "../../ui/list.tsx"
import { Blank, messageOf } from "../../ui/state.tsx"
import { useMayChange } from "../use-may-change.ts"
import { ProviderDialog } from "./provider-dialog.tsx"

type Asking = { readonly what: "add" } | { readonly what: "change" | "remove"; readonly provider: AppProvider }

/** Who else signs users of the app in. */
export function ProvidersScreen() {
  const { p } = useParams({ from: "/signed-in/projects/$p/settings/providers" })
  const providers = useQuery(providersQuery(p))
  const mayChange = useMayChange(p)
  const [asking, setAsking] = useState<Asking>()
  const add = (): void => setAsking({ what: "add" })
  const close = (): void => setAsking(undefined)
  const items = providers.data ?? []
  return (
    <>
      <ListScreen
        title="Providers"
        action={
          mayChange && { id: "new-provider", title: "Add a provider", text: "Add provider", icon: Plus, run: add }
        }
      >
        <List
          query={providers}
          what="providers"
          count={items.length}
          blank={
            <Blank title="No provider yet">
              <p>
                Let users of the app sign in with Google, GitHub, Microsoft and others, or with any issuer of OpenID
                Connect. Register the app there first: it gives you a client id and a secret.
              </p>
            </Blank>
          }
        >
          <ProviderTable p={p} items={items} mayChange={mayChange} onAsk={setAsking} />
          <p className="p-4 text-fg-2 max-w-[76ch]">
            Register each callback with its provider, letter for letter. Where users come back to in the app is set
            under{" "}
            <Link className="link" to="/projects/$p/settings/sign-in" params={{ p }}>
              App sign-in
            </Link>
            .
          </p>
        </List>
      </ListScreen>
      {asking?.what === "add" && <ProviderDialog p={p} others={items} onClose={close} />}
      {asking?.what === "change" && <ProviderDialog p={p} others={items} provider={asking.provider} onClose={close} />}
      {asking?.what === "remove" && <RemoveProvider p={p} provider={asking.provider} onClose={close} />}
    </>
  )
}

interface TableProps {
  readonly p: string
  readonly items: readonly AppProvider[]
  readonly mayChange: boolean
  readonly onAsk: (asking: Asking) => void
}

function ProviderTable({ items, ...rest }: TableProps) {
  return (
    <ListTable heads={[["Name", "w-56"], "Client id", "Callback", ["State", "w-28"]]} acts="w-32">
      {items.map((provider) => (
        <ProviderRow key={provider.name} provider={provider} {...rest} />
      ))}
    </ListTable>
  )
}

function ProviderRow({ p, provider, mayChange, onAsk }: Omit<TableProps, "items"> & { provider: AppProvider }) {
  const { name, kind, label, clientId, enabled, host, tenant, callbackUrl } = provider
  const able = useMutation({
    mutationFn: () => admin.users.putProvider(p, name, { kind, label, clientId, host, tenant, enabled: !enabled }),
    onSuccess: (now) =>
      showToast({ tone: "ok", title: now.enabled ? `${label} signs users in` : `${label} signs nobody in` }),
    onError: (error) => showToast({ tone: "bad", title: `${label} is as it was`, text: messageOf(error) }),
    onSettled: () => refresh(p, "providers"),
  })
  return (
    <tr>
      <td>
        <b className="font-medium">{label}</b> <span className="mono text-fg-3">{name}</span>
        {label !== kindOf(kind).label && <p className="hint">{kindOf(kind).label}</p>}
      </td>
      <td className="mono text-fg-2" title={clientId}>
        {clientId}
      </td>
      <td>
        <span className="flex items-center gap-1 min-w-0">
          <span className="mono text-fg-2 cut" title={callbackUrl}>
            {callbackUrl}
          </span>
          <CopyIcon text={callbackUrl} label={`Copy the callback of ${label}`} />
        </span>
      </td>
      <td>
        <span className={enabled ? "tag ok" : "tag"}>{enabled ? "enabled" : "disabled"}</span>
      </td>
      <td className="acts">
        {mayChange && (
          <div>
            <IconButton
              icon={enabled ? PowerOff : Power}
              label={`${enabled ? "Disable" : "Enable"} ${label}`}
              disabled={able.isPending}
              onClick={() => able.mutate()}
            />
            <IconButton icon={Pencil} label={`Change ${label}`} onClick={() => onAsk({ what: "change", provider })} />
            <IconButton icon={Trash2} label={`Remove ${label}`} onClick={() => onAsk({ what: "remove", provider })} />
          </div>
        )}
      </td>
    </tr>
  )
}

function RemoveProvider({ p, provider, onClose }: { p: string; provider: AppProvider; onClose: () => void }) {
  const remove = useMutation({
    mutationFn: () => admin.users.deleteProvider(p, provider.name),
    onSuccess: () => {
      refresh(p, "providers")
      showToast({ tone: "ok", title: "Provider removed", text: provider.label })
      onClose()
    },
  })
  return (
    <FormDialog
      title={`Remove ${provider.label}`}
      submit="Remove provider"
      danger
      busy={remove.isPending}
      error={remove.error ? messageOf(remove.error) : undefined}
      onSubmit={() => remove.mutate()}
      onClose={onClose}
    >
      <p className="text-fg-2">
        Whom it signed in keep their accounts, and need another way in. Its client secret is forgotten: to come back,
        ask the provider for a new one. To stop it for a while, disable it.
      </p>
    </FormDialog>
  )
}
