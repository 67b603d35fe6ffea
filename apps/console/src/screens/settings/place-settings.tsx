import { useMutation } from "@tanstack/react-query"
import { type ReactNode, useState } from "react"
import { useActions } from "../../actions.ts"
import { toDate } from "../../model/format.ts"
import { showToast } from "../../toasts.ts"
import { Button, CopyIcon } from "../../ui/button.tsx"
import { TypedConfirm } from "../../ui/dialog.tsx"
import { Field } from "../../ui/form.tsx"
import { messageOf } from "../../ui/state.tsx"
import { fieldError, formError } from "../account-form.tsx"

/* What a project and an organization have alike: a name, an address, and an end. */

type Kind = "project" | "organization"
interface Place {
  readonly name: string
  readonly slug: string
  readonly createdAt: string
}

interface NameFormProps {
  readonly kind: Kind
  readonly place: Place
  readonly mayRename?: boolean
  /** Renames it, and lets the screens know. */
  readonly onRename: (name: string) => Promise<Place>
}

/** The name of a place, which may be another, and its address, which stays. */
export function NameForm({ kind, place, mayRename = true, onRename }: NameFormProps) {
  const [name, setName] = useState(place.name)
  const isDirty = mayRename && name.trim() !== place.name && name.trim() !== ""
  const rename = useMutation({
    mutationFn: () => onRename(name.trim()),
    onSuccess: (next) => showToast({ tone: "ok", title: "Saved", text: next.name }),
  })
  const title = kind === "project" ? "Project" : "Organization"
  useActions([
    isDirty && {
      id: `save-${kind}`,
      title: `Save the ${kind}'s name`,
      group: "Do",
      keys: "mod+s",
      inFields: true,
      run: () => rename.mutate(),
    },
  ])
  return (
    <form
      className="setting project-setting"
      aria-label={title}
      onSubmit={(event) => {
        event.preventDefault()
        if (isDirty) rename.mutate()
      }}
    >
      <h2>{title}</h2>
      <div className="grid gap-4 max-w-[420px]">
        <Field
          label="Name"
          value={name}
          disabled={!mayRename}
          error={fieldError(rename.error, "name") ?? formError(rename.error, ["name"])}
          onChange={(event) => setName(event.target.value)}
        />
        <div>
          <div className="label">Address</div>
          <div className="flex items-center gap-1">
            <span className="mono text-fg-2">{place.slug}</span>
            <CopyIcon text={place.slug} label="Copy the address" />
            <span className="hint">created {toDate(place.createdAt)}</span>
          </div>
        </div>
        {mayRename && (
          <div>
            <Button type="submit" look="ink" keys="mod+s" disabled={!isDirty} busy={rename.isPending}>
              Save
            </Button>
          </div>
        )}
      </div>
    </form>
  )
}

interface DeletePlaceProps {
  readonly kind: Kind
  readonly place: Place
  /** What goes with it. */
  readonly what: string
  readonly onDelete: () => Promise<unknown>
  /** The last word before it. */
  readonly children: ReactNode
}

/** The end of a place, which takes its address in writing. */
export function DeletePlace({ kind, place, what, onDelete, children }: DeletePlaceProps) {
  const [asking, setAsking] = useState(false)
  const remove = useMutation({ mutationFn: onDelete })
  return (
    <section className="setting" aria-label={`Delete the ${kind}`}>
      <h2>Delete the {kind}</h2>
      <p className="text-fg-2 mb-3 max-w-[60ch]">{what}</p>
      <Button look="danger" onClick={() => setAsking(true)}>
        Delete {kind}…
      </Button>
      {asking && (
        <TypedConfirm
          title={`Delete ${place.name}`}
          name={place.slug}
          submit={`Delete ${kind}`}
          busy={remove.isPending}
          error={remove.error ? messageOf(remove.error) : undefined}
          onConfirm={() => remove.mutate()}
          onClose={() => setAsking(false)}
        >
          <p className="text-fg-2">{children}</p>
        </TypedConfirm>
      )}
    </section>
  )
}
