import type { Index, IndexField, IndexKind, IndexRequest } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { useNavigate, useParams, useSearch } from "@tanstack/react-router"
import { Plus, Trash2 } from "lucide-react"
import { useState } from "react"
import { useActions } from "../../actions.ts"
import { collectionQuery, queryClient, refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button, IconButton } from "../../ui/button.tsx"
import { FormDialog } from "../../ui/dialog.tsx"
import { Field, Select } from "../../ui/form.tsx"
import { Acts, List, ListTable } from "../../ui/list.tsx"
import { Blank, messageOf } from "../../ui/state.tsx"
import { CollectionHead } from "./head.tsx"

const kinds: Record<IndexKind, string> = {
  scalar: "one value, gives order too",
  any: "one value or an array",
  members: "the elements of an array",
}

export function fieldText({ path, direction }: IndexField): string {
  return `${direction === "desc" ? "-" : ""}${typeof path === "string" ? path : path.join(".")}`
}

/** What is fast. */
export function IndexesScreen() {
  const { p, c } = useParams({ from: "/signed-in/projects/$p/collections/$c/indexes" })
  const { fields } = useSearch({ from: "/signed-in/projects/$p/collections/$c/indexes" })
  const navigate = useNavigate()
  const collection = useQuery(collectionQuery(p, c))
  const [creating, setCreating] = useState(false)
  const [dropping, setDropping] = useState<Index>()
  const indexes = collection.data?.indexes ?? []
  const isCreating = creating || fields !== undefined
  const close = (): void => {
    setCreating(false)
    if (fields !== undefined) void navigate({ to: ".", search: {}, replace: true })
  }
  useActions([
    { id: "new-index", title: "Create an index", group: "Do", icon: Plus, keys: "n", run: () => setCreating(true) },
  ])
  return (
    <section className="pane grow" data-pane="" aria-label={`Indexes of ${c}`}>
      <CollectionHead p={p} c={c} collection={collection.data} tab="indexes">
        <Button look="ink" icon={Plus} keys="n" onClick={() => setCreating(true)}>
          Create index
        </Button>
      </CollectionHead>
      <div className="scroll">
        <List
          query={collection}
          what="indexes"
          count={indexes.length}
          blank={
            <Blank title="No index yet">
              <p>
                Documents are found by their id at once. Any other filter or sort looks at every document, until an
                index names its fields.
              </p>
            </Blank>
          }
        >
          <ListTable heads={["Name", "Fields", "Holds", ["Unique", "w-24"]]} acts="w-16">
            {indexes.map((index) => (
              <tr key={index.name}>
                <td className="mono">{index.name}</td>
                <td className="mono">
                  {index.fields.map((field) => (
                    <span className="mr-3" key={fieldText(field)}>
                      {fieldText(field).replace(/^-/, "")}
                      <span className="text-fg-3">{field.direction === "desc" ? " ↓" : " ↑"}</span>
                    </span>
                  ))}
                </td>
                <td className="text-fg-2">{kinds[index.kind]}</td>
                <td className="text-fg-2">{index.unique ? "yes" : "no"}</td>
                <Acts>
                  <IconButton icon={Trash2} label={`Delete index ${index.name}`} onClick={() => setDropping(index)} />
                </Acts>
              </tr>
            ))}
          </ListTable>
        </List>
      </div>
      {isCreating && <CreateIndex p={p} c={c} existing={indexes} initial={fields ?? ""} onClose={close} />}
      {dropping && <DropIndex p={p} c={c} index={dropping} existing={indexes} onClose={() => setDropping(undefined)} />}
    </section>
  )
}

function useIndexes(p: string, c: string, done: string, onClose: () => void) {
  return useMutation({
    mutationFn: (indexes: readonly IndexRequest[]) => admin.collections.update(p, c, { indexes }),
    onSuccess: (next) => {
      queryClient.setQueryData(collectionQuery(p, c).queryKey, next)
      refresh(p, "collections", "explain")
      showToast({ tone: "ok", title: done, text: c })
      onClose()
    },
  })
}

interface CreateProps {
  p: string
  c: string
  existing: readonly Index[]
  initial: string
  onClose: () => void
}

function CreateIndex({ p, c, existing, initial, onClose }: CreateProps) {
  const [fields, setFields] = useState(initial)
  const [kind, setKind] = useState<IndexKind>("scalar")
  const [unique, setUnique] = useState<"no" | "yes">("no")
  const list = fields.split(",").flatMap((field) => field.trim() || [])
  const create = useIndexes(p, c, "Index created", onClose)
  return (
    <FormDialog
      title="Create an index"
      submit="Create index"
      busy={create.isPending}
      disabled={list.length === 0}
      error={create.error ? messageOf(create.error) : undefined}
      onSubmit={() => create.mutate([...existing, { fields: list, kind, unique: unique === "yes" }])}
      onClose={onClose}
    >
      <Field
        label="Fields"
        mono
        autoFocus
        spellCheck={false}
        placeholder="region, -population"
        hint="In the order they are filtered, then sorted by. A hyphen sorts downwards."
        value={fields}
        onChange={(event) => setFields(event.target.value)}
      />
      <Select
        label="Holds"
        value={kind}
        choices={[
          ["scalar", kinds.scalar],
          ["any", kinds.any],
          ["members", kinds.members],
        ]}
        onChange={setKind}
      />
      <Select
        label="Unique"
        value={unique}
        choices={[
          ["no", "No, values may repeat"],
          ["yes", "Yes, a second document with the same values is refused"],
        ]}
        onChange={setUnique}
      />
    </FormDialog>
  )
}

function DropIndex({
  p,
  c,
  index,
  existing,
  onClose,
}: {
  p: string
  c: string
  index: Index
  existing: readonly Index[]
  onClose: () => void
}) {
  const drop = useIndexes(p, c, "Index deleted", onClose)
  return (
    <FormDialog
      title={`Delete index ${index.name}`}
      submit="Delete index"
      danger
      busy={drop.isPending}
      error={drop.error ? messageOf(drop.error) : undefined}
      onSubmit={() => drop.mutate(existing.filter((other) => other.name !== index.name))}
      onClose={onClose}
    >
      <p className="text-fg-2">
        Queries by <span className="mono">{index.fields.map(fieldText).join(", ")}</span> will look at every document
        {index.unique ? ", and values may repeat from then on" : ""}. No document changes; it can be created again.
      </p>
    </FormDialog>
  )
}
