import { useMutation } from "@tanstack/react-query"
import { useState } from "react"
import { toDate } from "../../model/format.ts"
import { Button, CopyButton } from "../../ui/button.tsx"
import { Dialog, FormDialog } from "../../ui/dialog.tsx"
import { Field, Select } from "../../ui/form.tsx"
import { fieldError, formError } from "../account-form.tsx"
import type { Roles } from "./people-table.tsx"

/** A link that was made for somebody. */
export interface MadeInvite {
  readonly token: string
  readonly email: string
  readonly role: string
  readonly expiresAt: string
  /** Whether a mail with it is on its way. */
  readonly mailed: boolean
}

interface InviteDialogProps<R extends string> {
  readonly roles: Roles<R>
  readonly initial: R
  readonly hint: string
  /** @returns the link, or undefined where none is needed */
  readonly invite: (wish: { readonly email: string; readonly role: R }) => Promise<MadeInvite | undefined>
  readonly onDone: (made: MadeInvite | undefined) => void
  readonly onClose: () => void
}

/** Asks for an address and a role. */
export function InviteDialog<R extends string>({
  roles,
  initial,
  hint,
  invite,
  onDone,
  onClose,
}: InviteDialogProps<R>) {
  const [email, setEmail] = useState("")
  const [role, setRole] = useState(initial)
  const ask = useMutation({ mutationFn: () => invite({ email: email.trim(), role }), onSuccess: onDone })
  return (
    <FormDialog
      title="Invite somebody"
      submit="Invite"
      busy={ask.isPending}
      disabled={!/^\S+@\S+$/.test(email.trim())}
      error={formError(ask.error, ["email"])}
      onSubmit={() => ask.mutate()}
      onClose={onClose}
    >
      <Field
        label="Email"
        type="email"
        autoFocus
        value={email}
        error={fieldError(ask.error, "email")}
        hint={hint}
        onChange={(event) => setEmail(event.target.value)}
      />
      <Select label="Role" value={role} choices={roles} onChange={setRole} />
    </FormDialog>
  )
}

/** The link, this once: on its way by mail, or to be sent by hand. */
export function InviteLink({ made, onClose }: { readonly made: MadeInvite; readonly onClose: () => void }) {
  const link = `${location.origin}/invite/${made.token}`
  return (
    <Dialog
      title={made.mailed ? `A mail to ${made.email} is on its way` : `Send this link to ${made.email}`}
      onClose={onClose}
    >
      <div className="dialog-body">
        <p className="text-fg-2">
          {made.mailed ? "It has this link. " : ""}Whoever has the link and this address joins with the role {made.role}
          . It works once, until {toDate(made.expiresAt)}, and is not shown again.
        </p>
        <div className="field lg mono h-auto! py-2!">
          <output className="break-all grow select-all" aria-label="Invitation link">
            {link}
          </output>
        </div>
      </div>
      <div className="dialog-foot">
        <CopyButton text={link} label="Copy the link" />
        <Button look="ink" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  )
}
