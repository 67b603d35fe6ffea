import type { AppUser } from "@ashlar/sdk"
import { useMutation } from "@tanstack/react-query"
import { useState } from "react"
import { toDate } from "../../model/format.ts"
import { refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button, CopyIcon } from "../../ui/button.tsx"
import { FormDialog, TypedConfirm } from "../../ui/dialog.tsx"
import { Field } from "../../ui/form.tsx"
import { messageOf } from "../../ui/state.tsx"
import { fieldError, formError } from "../account-form.tsx"
import { ResetFactors, UserFactors } from "./app-factors.tsx"

interface AppUserDialogProps {
  p: string
  user: AppUser
  mayChange: boolean
  onClose: () => void
}

/** One user: what rules know of them, and whether they may come in. */
export function AppUserDialog({ p, user, mayChange, onClose }: AppUserDialogProps) {
  const [roles, setRoles] = useState(user.roles.join(", "))
  const [claims, setClaims] = useState(JSON.stringify(user.claims))
  const [deleting, setDeleting] = useState(false)
  const [resetting, setResetting] = useState(false)
  const read = readClaims(claims)
  const saved = (title: string) => () => {
    refresh(p, "users")
    showToast({ tone: "ok", title, text: user.email })
    onClose()
  }
  const save = useMutation({
    mutationFn: () => admin.users.update(p, user.id, { roles: toNames(roles), claims: read ?? {} }),
    onSuccess: saved("Saved"),
  })
  const admit = useMutation({
    mutationFn: () => admin.users.update(p, user.id, { disabled: !user.disabled }),
    onSuccess: saved(user.disabled ? "User enabled" : "User disabled, and signed out"),
  })
  const signOut = useMutation({
    mutationFn: () => admin.users.signOut(p, user.id),
    onSuccess: ({ sessions }) => saved(`${sessions} ${sessions === 1 ? "session" : "sessions"} ended`)(),
  })
  const failed = admit.error ?? signOut.error
  if (deleting)
    return <DeleteUser p={p} user={user} onDone={saved("User deleted")} onClose={() => setDeleting(false)} />
  if (resetting)
    return (
      <ResetFactors
        {...{ p, user }}
        onDone={saved("Second factors reset, and signed out")}
        onClose={() => setResetting(false)}
      />
    )
  return (
    <FormDialog
      title={user.email}
      submit={mayChange ? "Save" : "Close"}
      busy={save.isPending}
      disabled={mayChange && read === undefined}
      error={failed ? messageOf(failed) : formError(save.error, ["roles", "claims"])}
      onSubmit={() => (mayChange ? save.mutate() : onClose())}
      onClose={onClose}
    >
      <Facts user={user} />
      <UserFactors {...{ p, user }} onReset={mayChange ? () => setResetting(true) : undefined} />
      <Field
        label="Roles"
        mono
        autoFocus
        readOnly={!mayChange}
        placeholder="editor, moderator"
        hint='Rules may ask for them: { roles = ["editor"] }'
        value={roles}
        error={fieldError(save.error, "roles")}
        onChange={(event) => setRoles(event.target.value)}
      />
      <Field
        label="Claims"
        mono
        readOnly={!mayChange}
        hint="A JSON object. Rules know it as $user.claims"
        value={claims}
        error={read === undefined ? "This is no JSON object." : fieldError(save.error, "claims")}
        onChange={(event) => setClaims(event.target.value)}
      />
      {mayChange && (
        <div className="flex flex-wrap gap-2">
          <Button busy={admit.isPending} onClick={() => admit.mutate()}>
            {user.disabled ? "Enable" : "Disable"}
          </Button>
          <Button busy={signOut.isPending} onClick={() => signOut.mutate()}>
            Sign out everywhere
          </Button>
          <Button look="danger" className="ml-auto" onClick={() => setDeleting(true)}>
            Delete…
          </Button>
        </div>
      )}
    </FormDialog>
  )
}

function Facts({ user }: { user: AppUser }) {
  const { id, name, emailVerified, disabled, createdAt, lastSignedInAt } = user
  return (
    <div className="text-fg-2">
      <p className="flex items-center gap-1">
        <span className="mono cut">{id}</span>
        <CopyIcon text={id} label="Copy the id" />
      </p>
      <p>
        {name ?? "No name"}, {disabled ? "disabled" : emailVerified ? "address confirmed" : "address not confirmed"}.
        Joined {toDate(createdAt)}, {lastSignedInAt === null ? "never signed in" : `last in ${toDate(lastSignedInAt)}`}.
      </p>
    </div>
  )
}

interface DeleteUserProps {
  p: string
  user: AppUser
  onDone: () => void
  onClose: () => void
}

function DeleteUser({ p, user, onDone, onClose }: DeleteUserProps) {
  const remove = useMutation({ mutationFn: () => admin.users.delete(p, user.id), onSuccess: onDone })
  return (
    <TypedConfirm
      title={`Delete ${user.email}`}
      name={user.email}
      submit="Delete user"
      busy={remove.isPending}
      error={remove.error ? messageOf(remove.error) : undefined}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p className="text-fg-2">Their account and sessions go for good. Documents that name them stay.</p>
    </TypedConfirm>
  )
}

function toNames(text: string): readonly string[] {
  return text
    .split(/[\s,]+/)
    .map((name) => name.trim())
    .filter((name) => name !== "")
}

function readClaims(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text === "" ? "{}" : text)
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
