import type { KmsAlgorithm, KmsKey } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { Link, useNavigate, useParams } from "@tanstack/react-router"
import { Plus } from "lucide-react"
import { useState } from "react"
import { useActions } from "../../actions.ts"
import { plural, toAgo, toDate } from "../../model/format.ts"
import { keyKinds, kindText, platformUse, stateTags } from "../../model/key-kinds.ts"
import { kmsKeysQuery, projectQuery, refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button } from "../../ui/button.tsx"
import { FormDialog } from "../../ui/dialog.tsx"
import { Field, Select } from "../../ui/form.tsx"
import { Blank, Bones, Failed } from "../../ui/state.tsx"
import { fieldError, formError } from "../account-form.tsx"

/** Keys that encrypt and sign. They never leave the platform. */
export function KeysScreen() {
  const { p } = useParams({ from: "/signed-in/projects/$p/settings/encryption-keys" })
  const keys = useQuery(kmsKeysQuery(p))
  const project = useQuery(projectQuery(p))
  const mayCreate = project.data !== undefined && project.data.role !== "viewer"
  const [creating, setCreating] = useState(false)
  const create = (): void => setCreating(true)
  useActions([
    mayCreate && { id: "new-kms-key", title: "Create a key", group: "Do", icon: Plus, keys: "n", run: create },
  ])
  return (
    <section className="pane grow" data-pane="" aria-label="Encryption keys">
      <div className="bar head course-end">
        <h1>Encryption keys</h1>
        {mayCreate && (
          <Button className="ml-auto" look="ink" icon={Plus} keys="n" onClick={create}>
            Create key
          </Button>
        )}
      </div>
      <div className="scroll">
        {keys.isPending && <Bones heightPx={40} label="Loading keys" />}
        {keys.isError && (
          <Failed title="The keys could not be read" error={keys.error} onRetry={() => void keys.refetch()} />
        )}
        {keys.data?.length === 0 && (
          <Blank title="No key yet">
            <p>
              A key encrypts or signs for your servers, and never leaves the platform. Secrets and encrypted fields get
              keys by themselves.
            </p>
          </Blank>
        )}
        {keys.data && keys.data.length > 0 && <KeyTable p={p} keys={keys.data} />}
      </div>
      {creating && <CreateKey p={p} onClose={() => setCreating(false)} />}
    </section>
  )
}

function KeyTable({ p, keys }: { p: string; keys: readonly KmsKey[] }) {
  const nowMs = Date.now()
  return (
    <table className="rows stack">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Kind</th>
          <th scope="col" className="w-24">
            Version
          </th>
          <th scope="col" className="w-36">
            State
          </th>
          <th scope="col" className="w-32">
            Rotates
          </th>
          <th scope="col" className="r w-28">
            Created
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.name}>
            <td className="mono">
              <Link
                className="font-strong hover:underline"
                to="/projects/$p/settings/encryption-keys/$k"
                params={{ p, k: key.name }}
              >
                {key.name}
              </Link>
            </td>
            <td className="text-fg-2">{platformUse(key) ?? kindText(key.algorithm)}</td>
            <td data-head="version" className="text-fg-2">
              {key.version}
            </td>
            <td>
              <KeyState value={key} />
            </td>
            <td data-head="rotated" className="text-fg-2">
              {key.rotateEveryDays === null ? "by hand" : `every ${plural(key.rotateEveryDays, "day")}`}
            </td>
            <td data-head="created" className="r text-fg-3" title={toDate(key.createdAt)}>
              {toAgo(key.createdAt, nowMs)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** How a key is: a word, and its colour. */
export function KeyState({ value }: { value: KmsKey }) {
  const [text, look] = stateTags[value.state]
  return <span className={look}>{text}</span>
}

const rotations = [
  ["0", "By hand"],
  ["30", "Every 30 days"],
  ["90", "Every 90 days"],
  ["365", "Every year"],
] as const

function CreateKey({ p, onClose }: { p: string; onClose: () => void }) {
  const navigate = useNavigate()
  const [name, setName] = useState("")
  const [algorithm, setAlgorithm] = useState<KmsAlgorithm>("AES-256-GCM")
  const [days, setDays] = useState<(typeof rotations)[number][0]>("0")
  const create = useMutation({
    mutationFn: () =>
      admin.kms.create(p, {
        ...{ name: name.trim(), algorithm },
        ...(days !== "0" && { rotateEveryDays: Number(days) }),
      }),
    onSuccess: async (key) => {
      refresh(p, "kms")
      showToast({ tone: "ok", title: "Key created", text: key.name })
      onClose()
      await navigate({ to: "/projects/$p/settings/encryption-keys/$k", params: { p, k: key.name } })
    },
  })
  return (
    <FormDialog
      title="Create a key"
      submit="Create key"
      busy={create.isPending}
      disabled={name.trim() === ""}
      error={formError(create.error, ["name"])}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <Field
        label="Name"
        mono
        autoFocus
        autoComplete="off"
        value={name}
        error={fieldError(create.error, "name")}
        hint="Small letters, digits and . _ - It stays taken, also when the key is gone."
        onChange={(event) => setName(event.target.value)}
      />
      <Select label="Kind" value={algorithm} choices={keyKinds} onChange={setAlgorithm} />
      <Select label="Rotated" value={days} choices={rotations} onChange={setDays} />
    </FormDialog>
  )
}
