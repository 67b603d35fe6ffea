import type { OrgInvite, OrgInvited, OrgRole } from "@ashlar/sdk"
import { useMutation } from "@tanstack/react-query"
import { X } from "lucide-react"
import { useState } from "react"
import { toDate } from "../../model/format.ts"
import { refreshOrg } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button, CopyButton, IconButton } from "../../ui/button.tsx"
import { Dialog, FormDialog } from "../../ui/dialog.tsx"
import { Field, Select } from "../../ui/form.tsx"
import { messageOf } from "../../ui/state.tsx"
import { fieldError, formError } from "../account-form.tsx"

/** Who was asked and has not answered. */
export function OpenInvites({
  o,
  invites,
  mayWithdraw,
}: {
  o: string
  invites: readonly OrgInvite[]
  mayWithdraw: (invite: OrgInvite) => boolean
}) {
  return (
    <section aria-labelledby="open-invites">
      <div className="bar head">
        <h2 id="open-invites">Invited</h2>
      </div>
      <table className="rows stack">
        <thead>
          <tr>
            <th scope="col">Email</th>
            <th scope="col">Asked by</th>
            <th scope="col" className="w-44">
              Role
            </th>
            <th scope="col" className="r w-40">
              Until
            </th>
            <th scope="col" className="w-16">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {invites.map((invite) => (
            <InviteRow key={invite.id} o={o} invite={invite} mayWithdraw={mayWithdraw(invite)} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function InviteRow({ o, invite, mayWithdraw }: { o: string; invite: OrgInvite; mayWithdraw: boolean }) {
  const withdraw = useMutation({
    mutationFn: () => admin.organizations.withdraw(o, invite.id),
    onSuccess: () => showToast({ tone: "ok", title: `The link of ${invite.email} does nothing any more` }),
    onError: (error) => showToast({ tone: "bad", title: "The invite is still open", text: messageOf(error) }),
    onSettled: () => refreshOrg(o),
  })
  return (
    <tr>
      <td>{invite.email}</td>
      <td className="text-fg-2">{invite.invitedBy}</td>
      <td className="text-fg-2">{invite.role}</td>
      <td className="r text-fg-3">{toDate(invite.expiresAt)}</td>
      <td className="acts">
        <div>
          {mayWithdraw && (
            <IconButton icon={X} label={`Withdraw the invite of ${invite.email}`} onClick={() => withdraw.mutate()} />
          )}
        </div>
      </td>
    </tr>
  )
}

export function InviteDialog({
  o,
  roles,
  onDone,
  onClose,
}: {
  o: string
  roles: readonly (readonly [OrgRole, string])[]
  onDone: (invited: OrgInvited) => void
  onClose: () => void
}) {
  const [email, setEmail] = useState("")
  const [role, setRole] = useState<OrgRole>("member")
  const invite = useMutation({
    mutationFn: () => admin.organizations.invite(o, { email: email.trim(), role }),
    onSuccess: (invited) => {
      refreshOrg(o)
      onDone(invited)
    },
  })
  return (
    <FormDialog
      title="Invite somebody"
      submit="Invite"
      busy={invite.isPending}
      disabled={!/^\S+@\S+$/.test(email.trim())}
      error={formError(invite.error, ["email"])}
      onSubmit={() => invite.mutate()}
      onClose={onClose}
    >
      <Field
        label="Email"
        type="email"
        autoFocus
        value={email}
        error={fieldError(invite.error, "email")}
        hint="You get a link to send. It lets this address join, with an account or without."
        onChange={(event) => setEmail(event.target.value)}
      />
      <Select label="Role" value={role} choices={roles} onChange={setRole} />
    </FormDialog>
  )
}

export function InviteLink({ invited, onClose }: { invited: OrgInvited; onClose: () => void }) {
  const { invite, token } = invited
  const link = `${location.origin}/invite/${token}`
  return (
    <Dialog title={`Send this link to ${invite.email}`} onClose={onClose}>
      <div className="dialog-body">
        <p className="text-fg-2">
          Whoever has the link and this address joins with the role {invite.role}. It works once, until{" "}
          {toDate(invite.expiresAt)}, and is not shown again.
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
