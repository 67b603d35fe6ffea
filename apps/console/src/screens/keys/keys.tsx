import type { KmsAlgorithm, KmsKey } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { Link, useNavigate, useParams } from "@tanstack/react-router"
import { Plus } from "lucide-react"
import { useState } from "react"
import { plural } from "../../model/format.ts"
import { keyKinds, kindText, platformUse, stateTags } from "../../model/key-kinds.ts"
import { kmsKeysQuery, refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { FormDialog } from "../../ui/dialog.tsx"
import { Field, Select } from "../../ui/form.tsx"
import { Ago, List, ListScreen, ListTable } from "../../ui/list.tsx"
import { Blank } from "../../ui/state.tsx"
import { fieldError, formError } from "../account-form.tsx"
import { useMayChange } from "../use-may-change.ts"

/** Keys that encrypt and sign. They never leave the platform. */
export function KeysScreen() {
  const { p } = useParams({ from: "/signed-in/projects/$p/settings/encryption-keys" })
  const keys = useQuery(kmsKeysQuery(p))
  const mayCreate = useMayChange(p)
  const [creating, setCreating] = useState(false)
  const create = (): void => setCreating(true)
  const items = keys.data ?? []
  return (
    <>
      <ListScreen
        title="Encryption keys"
        action={mayCreate && { id: "new-kms-key", title: "Create a key", text: "Create key", icon: Plus, run: create }}
      >
        <List
          query={keys}
          what="keys"
          count={items.length}
          blank={
            <Blank title="No key yet">
              <p>
                A key encrypts or signs for your servers, and never leaves the platform. Secrets and encrypted fields
                get keys by themselves.
              </p>
            </Blank>
          }
        >
          <KeyTable p={p} keys={items} />
        </List>
      </ListScreen>
      {creating && <CreateKey p={p} onClose={() => setCreating(false)} />}
    </>
  )
}

function KeyTable({ p, keys }: { p: string; keys: readonly KmsKey[] }) {
  return (
    <ListTable
      heads={["Name", "Kind", ["Version", "w-24"], ["State", "w-36"], ["Rotates", "w-32"], ["Created", "r w-28"]]}
    >
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
          <Ago head="created" at={key.createdAt} last />
        </tr>
      ))}
    </ListTable>
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
