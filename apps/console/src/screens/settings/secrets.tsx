import type { SecretInfo } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { useParams } from "@tanstack/react-router"
import { Copy, Eye, History, Plus, RotateCw, Trash2 } from "lucide-react"
import { useState } from "react"
import { toAgo, toDate } from "../../model/format.ts"
import { refresh, secretHistoryQuery, secretsQuery } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button, copyText, IconButton } from "../../ui/button.tsx"
import { Dialog, FormDialog } from "../../ui/dialog.tsx"
import { Field } from "../../ui/form.tsx"
import { Acts, Ago, List, ListScreen, ListTable } from "../../ui/list.tsx"
import { Blank, Bones, Failed, messageOf } from "../../ui/state.tsx"
import { fieldError, formError } from "../account-form.tsx"
import { useMayChange } from "../use-may-change.ts"

type Asking =
  | { readonly what: "create" }
  | { readonly what: "rotate" | "reveal" | "history" | "remove"; readonly secret: SecretInfo }

/** What functions need of other services. A value is fetched when somebody asks to see it, and that is in the audit trail. */
export function SecretsScreen() {
  const { p } = useParams({ from: "/signed-in/projects/$p/settings/secrets" })
  const secrets = useQuery(secretsQuery(p))
  const mayChange = useMayChange(p)
  const [asking, setAsking] = useState<Asking>()
  const items = secrets.data ?? []
  const add = (): void => setAsking({ what: "create" })
  const close = (): void => setAsking(undefined)
  return (
    <>
      <ListScreen
        title="Secrets"
        action={mayChange && { id: "new-secret", title: "Add a secret", text: "Add secret", icon: Plus, run: add }}
      >
        <List
          query={secrets}
          what="secrets"
          count={items.length}
          blank={
            <Blank title="No secret yet">
              <p>
                Keys of other services belong here, not in code. A function that may read one names it in its env, as{" "}
                <code>secret:stripe</code>.
              </p>
            </Blank>
          }
        >
          <SecretTable items={items} mayChange={mayChange} onAsk={setAsking} />
        </List>
      </ListScreen>
      {asking?.what === "create" && <SetSecret p={p} onClose={close} />}
      {asking?.what === "rotate" && <SetSecret p={p} secret={asking.secret} onClose={close} />}
      {asking?.what === "reveal" && <Reveal p={p} secret={asking.secret} onClose={close} />}
      {asking?.what === "history" && <Versions p={p} secret={asking.secret} onClose={close} />}
      {asking?.what === "remove" && <Remove p={p} secret={asking.secret} onClose={close} />}
    </>
  )
}

interface TableProps {
  readonly items: readonly SecretInfo[]
  readonly mayChange: boolean
  readonly onAsk: (asking: Asking) => void
}

function SecretTable({ items, mayChange, onAsk }: TableProps) {
  const nowMs = Date.now()
  return (
    <ListTable heads={["Name", "Read by", ["Version", "w-24"], ["Expires", "w-32"], ["Set", "r w-28"]]} acts="w-36">
      {items.map((secret) => (
        <tr key={secret.name}>
          <td className="mono font-strong">
            {secret.name}
            {secret.expiresAt !== null && Date.parse(secret.expiresAt) <= nowMs && (
              <span className="tag warn ml-2">expired</span>
            )}
          </td>
          <td data-head="read by" className="text-fg-2">
            {secret.functions.join(", ") || "no function"}
          </td>
          <td data-head="version" className="text-fg-2">
            {secret.version}
          </td>
          <td data-head="expires" className="text-fg-2">
            {secret.expiresAt === null ? "never" : toAgo(secret.expiresAt, nowMs)}
          </td>
          <Ago head="set" at={secret.updatedAt} last />
          <Acts>
            {mayChange && (
              <>
                <IconButton
                  icon={Eye}
                  label={`Show ${secret.name}`}
                  onClick={() => onAsk({ what: "reveal", secret })}
                />
                <IconButton
                  icon={RotateCw}
                  label={`Rotate ${secret.name}`}
                  onClick={() => onAsk({ what: "rotate", secret })}
                />
              </>
            )}
            <IconButton
              icon={History}
              label={`Versions of ${secret.name}`}
              onClick={() => onAsk({ what: "history", secret })}
            />
            {mayChange && (
              <IconButton
                icon={Trash2}
                label={`Remove ${secret.name}`}
                onClick={() => onAsk({ what: "remove", secret })}
              />
            )}
          </Acts>
        </tr>
      ))}
    </ListTable>
  )
}

interface OneProps {
  readonly p: string
  readonly secret: SecretInfo
  readonly onClose: () => void
}

function SetSecret({ p, secret, onClose }: Omit<OneProps, "secret"> & { readonly secret?: SecretInfo }) {
  const [name, setName] = useState(secret?.name ?? "")
  const [value, setValue] = useState("")
  const [functions, setFunctions] = useState(secret?.functions.join(" ") ?? "")
  const set = useMutation({
    mutationFn: () =>
      admin.secrets.set(p, name.trim(), { value, functions: functions.split(/[\s,]+/).filter((one) => one !== "") }),
    onSuccess: (info) => {
      refresh(p, "secrets")
      showToast({ tone: "ok", title: "Secret set", text: `${info.name}, version ${info.version}` })
      onClose()
    },
  })
  return (
    <FormDialog
      title={secret === undefined ? "Add a secret" : `Rotate ${secret.name}`}
      submit={secret === undefined ? "Add secret" : "Set new version"}
      busy={set.isPending}
      disabled={name.trim() === "" || value === ""}
      error={formError(set.error, ["value"])}
      onSubmit={() => set.mutate()}
      onClose={onClose}
    >
      {secret === undefined && (
        <Field
          label="Name"
          mono
          autoFocus
          autoComplete="off"
          value={name}
          hint="Small letters, digits and . _ -"
          onChange={(event) => setName(event.target.value)}
        />
      )}
      <Field
        label="Value"
        type="password"
        mono
        autoComplete="off"
        autoFocus={secret !== undefined}
        value={value}
        error={fieldError(set.error, "value")}
        hint={secret === undefined ? "Stored encrypted." : "Functions have it from their next process on."}
        onChange={(event) => setValue(event.target.value)}
      />
      <Field
        label="Functions that may read it"
        mono
        autoComplete="off"
        value={functions}
        hint="Names, with spaces between. Nobody else reads it, but developers here."
        onChange={(event) => setFunctions(event.target.value)}
      />
    </FormDialog>
  )
}

function Reveal({ p, secret, onClose }: OneProps) {
  const reveal = useMutation({ mutationFn: () => admin.secrets.reveal(p, secret.name), gcTime: 0 })
  return (
    <Dialog title={`Show ${secret.name}`} onClose={onClose}>
      <div className="dialog-body">
        {reveal.data === undefined ? (
          <p className="text-fg-2">That you read it will be in the audit trail.</p>
        ) : (
          <div className="field lg mono h-auto! py-2!">
            <output className="break-all grow select-all" aria-label={`The value of ${secret.name}`}>
              {reveal.data.value}
            </output>
          </div>
        )}
        {reveal.error && <p className="wrong">{messageOf(reveal.error)}</p>}
      </div>
      <div className="dialog-foot">
        <Button onClick={onClose}>Done</Button>
        {reveal.data === undefined ? (
          <Button look="ink" icon={Eye} busy={reveal.isPending} onClick={() => reveal.mutate()}>
            Show value
          </Button>
        ) : (
          <Button look="ink" icon={Copy} onClick={() => void copyText(reveal.data.value)}>
            Copy the value
          </Button>
        )}
      </div>
    </Dialog>
  )
}

function Versions({ p, secret, onClose }: OneProps) {
  const history = useQuery(secretHistoryQuery(p, secret.name))
  return (
    <Dialog title={`Versions of ${secret.name}`} onClose={onClose}>
      <div className="dialog-body">
        {history.isPending && <Bones heightPx={32} label="Loading versions" />}
        {history.isError && (
          <Failed title="The versions could not be read" error={history.error} onRetry={() => void history.refetch()} />
        )}
        <ol className="grid gap-2">
          {history.data?.items.map(({ version, createdAt }) => (
            <li key={version} className="flex justify-between gap-6">
              <span className="mono">{version}</span>
              <span className="text-fg-2">{toDate(createdAt)}</span>
            </li>
          ))}
        </ol>
      </div>
    </Dialog>
  )
}

function Remove({ p, secret, onClose }: OneProps) {
  const remove = useMutation({
    mutationFn: () => admin.secrets.remove(p, secret.name),
    onSuccess: () => {
      refresh(p, "secrets")
      onClose()
    },
  })
  return (
    <FormDialog
      title={`Remove ${secret.name}`}
      submit="Remove secret"
      danger
      busy={remove.isPending}
      error={formError(remove.error, [])}
      onSubmit={() => remove.mutate()}
      onClose={onClose}
    >
      <p className="text-fg-2">All its versions are gone, and functions that name it do not start.</p>
    </FormDialog>
  )
}
