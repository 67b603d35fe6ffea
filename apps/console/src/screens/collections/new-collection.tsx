import { useMutation } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { FormDialog } from "../../ui/dialog.tsx"
import { Field } from "../../ui/form.tsx"
import { fieldError, formError } from "../account-form.tsx"

const NAME = /^[a-z][a-z0-9_-]{0,62}$/

export function NewCollection({ p, onClose }: { p: string; onClose: () => void }) {
  const navigate = useNavigate()
  const [name, setName] = useState("")
  const create = useMutation({
    mutationFn: () => admin.collections.create(p, { name }),
    onSuccess: () => {
      refresh(p, "collections")
      return navigate({ to: "/projects/$p/collections/$c", params: { p, c: name } })
    },
  })
  const wrongName =
    name !== "" && !NAME.test(name)
      ? "A small letter first, then small letters, digits, _ or -; at most 63."
      : undefined
  return (
    <FormDialog
      title="New collection"
      submit="Create collection"
      busy={create.isPending}
      disabled={name === "" || wrongName !== undefined}
      error={formError(create.error, ["name"])}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <Field
        label="Name"
        mono
        autoFocus
        autoComplete="off"
        spellCheck={false}
        value={name}
        error={wrongName ?? fieldError(create.error, "name")}
        hint="Documents need no schema. No rule means members only, until you write some."
        onChange={(event) => setName(event.target.value)}
      />
    </FormDialog>
  )
}
