import { keyScopeNames, keyScopes } from "@ashlar/admin"
import type { CreatedKey, Key, KeyKind, Scope } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { useParams } from "@tanstack/react-router"
import { Check, Copy, Plus, RotateCw, Trash2, TriangleAlert } from "lucide-react"
import { useState } from "react"
import { toAgo } from "../../model/format.ts"
import { keysQuery, refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button, copyText, IconButton } from "../../ui/button.tsx"
import { Dialog, FormDialog } from "../../ui/dialog.tsx"
import { Field, Select } from "../../ui/form.tsx"
import { Acts, Ago, List, ListScreen, ListTable } from "../../ui/list.tsx"
import { Blank, messageOf } from "../../ui/state.tsx"
import { fieldError, formError } from "../account-form.tsx"

type Asking = { readonly what: "create" } | { readonly what: "rotate" | "revoke"; readonly key: Key }

/** Keys are shown once. What is kept of them is a hash and four characters. */
export function ApiKeysScreen() {
  const { p } = useParams({ from: "/signed-in/projects/$p/settings/api-keys" })
  const keys = useQuery(keysQuery(p))
  const [asking, setAsking] = useState<Asking>()
  const [created, setCreated] = useState<CreatedKey>()
  const items = [...(keys.data?.items ?? [])].sort(
    (a, b) => Number(a.revokedAt !== null) - Number(b.revokedAt !== null),
  )
  const done = (next?: CreatedKey): void => {
    refresh(p, "keys")
    setAsking(undefined)
    setCreated(next)
  }
  const close = (): void => setAsking(undefined)
  const create = (): void => setAsking({ what: "create" })
  return (
    <>
      <ListScreen
        title="API keys"
        action={{ id: "new-key", title: "Create an API key", text: "Create key", icon: Plus, run: create }}
      >
        <List
          query={keys}
          what="keys"
          count={items.length}
          blank={
            <Blank title="No key yet">
              <p>
                An app in a browser uses a <b>publishable</b> key: it may do what rules let it. A server uses a{" "}
                <b>secret</b> key, which must stay there.
              </p>
            </Blank>
          }
        >
          <ListTable
            heads={["Name", "Key", ["Last used", "w-32"], ["Expires", "w-32"], ["Created", "r w-28"]]}
            acts="w-24"
          >
            {items.map((key) => (
              <KeyRow key={key.id} item={key} onAsk={setAsking} />
            ))}
          </ListTable>
        </List>
      </ListScreen>
      {asking?.what === "create" && <CreateKey p={p} onDone={done} onClose={close} />}
      {asking?.what === "rotate" && <RotateKey p={p} item={asking.key} onDone={done} onClose={close} />}
      {asking?.what === "revoke" && <RevokeKey p={p} item={asking.key} onDone={() => done()} onClose={close} />}
      {created && <ShownOnce created={created} onClose={() => setCreated(undefined)} />}
    </>
  )
}

function KeyRow({ item, onAsk }: { item: Key; onAsk: (asking: Asking) => void }) {
  const nowMs = Date.now()
  const isOver = item.expiresAt !== null && Date.parse(item.expiresAt) < nowMs
  return (
    <tr>
      <td>
        <span className={item.revokedAt === null ? "font-strong" : "text-fg-3 line-through"}>{item.name}</span>
        {item.revokedAt !== null && <span className="tag ml-2">revoked {toAgo(item.revokedAt, nowMs)}</span>}
        {item.revokedAt === null && isOver && <span className="tag warn ml-2">expired</span>}
      </td>
      <td className="mono text-fg-2">
        ak_{item.kind}_…{item.hint}
        {item.scopes !== null && <p className="hint whitespace-normal">{item.scopes.join(", ") || "no scope"}</p>}
      </td>
      <Ago head="used" at={item.lastUsedAt} />
      <Ago head="expires" at={item.expiresAt} />
      <Ago head="created" at={item.createdAt} last />
      <Acts>
        {item.revokedAt === null && (
          <>
            <IconButton
              icon={RotateCw}
              label={`Rotate ${item.name}`}
              onClick={() => onAsk({ what: "rotate", key: item })}
            />
            <IconButton
              icon={Trash2}
              label={`Revoke ${item.name}`}
              onClick={() => onAsk({ what: "revoke", key: item })}
            />
          </>
        )}
      </Acts>
    </tr>
  )
}

const lifetimes = [
  ["never", "Never"],
  ["30", "In 30 days"],
  ["90", "In 90 days"],
  ["365", "In a year"],
] as const

function CreateKey({ p, onDone, onClose }: { p: string; onDone: (created: CreatedKey) => void; onClose: () => void }) {
  const [name, setName] = useState("")
  const [kind, setKind] = useState<KeyKind | "scoped">("publishable")
  const [scopes, setScopes] = useState<readonly Scope[]>([])
  const [days, setDays] = useState<(typeof lifetimes)[number][0]>("never")
  const create = useMutation({
    mutationFn: () =>
      admin.keys.create(p, {
        name: name.trim(),
        kind: kind === "scoped" ? "secret" : kind,
        ...(kind === "scoped" && { scopes }),
        ...(days !== "never" && { expiresAt: new Date(Date.now() + Number(days) * 86_400_000).toISOString() }),
      }),
    onSuccess: onDone,
  })
  return (
    <FormDialog
      title="Create an API key"
      submit="Create key"
      busy={create.isPending}
      disabled={name.trim() === "" || (kind === "scoped" && scopes.length === 0)}
      error={formError(create.error, ["name"])}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <Field
        label="Name"
        autoFocus
        placeholder="web app, nightly import"
        hint="What uses it, so that you know what stops when it is revoked."
        value={name}
        error={fieldError(create.error, "name")}
        onChange={(event) => setName(event.target.value)}
      />
      <Select
        label="Kind"
        value={kind}
        choices={[
          ["publishable", "Publishable, for browsers and apps"],
          ["secret", "Secret, for servers only"],
          ["scoped", "Secret with scopes, for one job"],
        ]}
        onChange={setKind}
      />
      {kind === "scoped" && <Scopes chosen={scopes} onChange={setScopes} />}
      <Select label="Expires" value={days} choices={lifetimes} onChange={setDays} />
    </FormDialog>
  )
}

/** What the key may do: nothing but what is ticked. */
function Scopes({ chosen, onChange }: { chosen: readonly Scope[]; onChange: (scopes: readonly Scope[]) => void }) {
  return (
    <fieldset>
      <legend className="label mb-1">It may</legend>
      <div className="grid gap-1.5">
        {keyScopeNames.map((scope) => (
          <label key={scope} className="flex items-baseline gap-2">
            <input
              type="checkbox"
              checked={chosen.includes(scope)}
              onChange={({ target }) =>
                onChange(target.checked ? [...chosen, scope] : chosen.filter((one) => one !== scope))
              }
            />
            <span>
              <span className="mono">{scope}</span> <span className="hint">{keyScopes[scope]}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

interface KeyDialogProps<T> {
  p: string
  item: Key
  onDone: (result: T) => void
  onClose: () => void
}

function RotateKey({ p, item, onDone, onClose }: KeyDialogProps<CreatedKey>) {
  const rotate = useMutation({ mutationFn: () => admin.keys.rotate(p, item.id), onSuccess: onDone })
  return (
    <FormDialog
      title={`Rotate ${item.name}`}
      submit="Rotate key"
      danger
      busy={rotate.isPending}
      error={rotate.error ? messageOf(rotate.error) : undefined}
      onSubmit={() => rotate.mutate()}
      onClose={onClose}
    >
      <p className="text-fg-2">
        A new secret takes the place of{" "}
        <span className="mono">
          ak_{item.kind}_…{item.hint}
        </span>
        , which stops working at once.
      </p>
    </FormDialog>
  )
}

function RevokeKey({ p, item, onDone, onClose }: KeyDialogProps<void>) {
  const revoke = useMutation({
    mutationFn: () => admin.keys.revoke(p, item.id),
    onSuccess: () => {
      showToast({ tone: "ok", title: "Key revoked", text: item.name })
      onDone()
    },
  })
  return (
    <FormDialog
      title={`Revoke ${item.name}`}
      submit="Revoke key"
      danger
      busy={revoke.isPending}
      error={revoke.error ? messageOf(revoke.error) : undefined}
      onSubmit={() => revoke.mutate()}
      onClose={onClose}
    >
      <p className="text-fg-2">
        What uses it stops working with the next request
        {item.lastUsedAt === null ? "; it was never used" : `; it was used ${toAgo(item.lastUsedAt, Date.now())}`}. A
        revoked key cannot come back.
      </p>
    </FormDialog>
  )
}

/** The only time the secret is seen. It cannot be closed by accident: it must be copied, or said to be kept. */
function ShownOnce({ created, onClose }: { created: CreatedKey; onClose: () => void }) {
  const [copied, setCopied] = useState(false)
  const [kept, setKept] = useState(false)
  const canClose = copied || kept
  return (
    <Dialog title={`${created.key.name} is ready`} dismissible={canClose} onClose={onClose}>
      <div className="dialog-body">
        <div className="notice warn">
          <TriangleAlert className="i" />
          <span>This is the only time the key is shown. What is stored is a hash of it.</span>
        </div>
        <div className="field lg mono h-auto! py-2!">
          <output className="break-all grow select-all" aria-label="The new key">
            {created.secret}
          </output>
        </div>
        <label className="flex items-center gap-2 text-fg-2">
          <input type="checkbox" checked={kept} onChange={(event) => setKept(event.target.checked)} />I have kept it
          somewhere safe
        </label>
      </div>
      <div className="dialog-foot">
        <Button
          autoFocus
          look={canClose ? undefined : "ink"}
          icon={copied ? Check : Copy}
          onClick={() => void copyText(created.secret).then(() => setCopied(true))}
        >
          {copied ? "Copied" : "Copy the key"}
        </Button>
        <Button look={canClose ? "ink" : undefined} disabled={!canClose} onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  )
}
