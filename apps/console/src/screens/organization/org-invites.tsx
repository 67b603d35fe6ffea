import type { OrgInvite } from "@ashlar/sdk"
import { useMutation } from "@tanstack/react-query"
import { X } from "lucide-react"
import { toDate } from "../../model/format.ts"
import { refreshOrg } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { IconButton } from "../../ui/button.tsx"
import { Acts, ListTable } from "../../ui/list.tsx"
import { messageOf } from "../../ui/state.tsx"

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
      <ListTable heads={["Email", "Asked by", ["Role", "w-44"], ["Until", "r w-40"]]} acts="w-16">
        {invites.map((invite) => (
          <InviteRow key={invite.id} o={o} invite={invite} mayWithdraw={mayWithdraw(invite)} />
        ))}
      </ListTable>
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
      <td data-head="asked by" className="text-fg-2">
        {invite.invitedBy}
      </td>
      <td className="text-fg-2">{invite.role}</td>
      <td data-head="until" className="r text-fg-3">
        {toDate(invite.expiresAt)}
      </td>
      <Acts>
        {mayWithdraw && (
          <IconButton icon={X} label={`Withdraw the invite of ${invite.email}`} onClick={() => withdraw.mutate()} />
        )}
      </Acts>
    </tr>
  )
}
