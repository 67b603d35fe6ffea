import type { OrgInvite, OrgInvited, OrgMember, OrgRole } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { useNavigate, useParams } from "@tanstack/react-router"
import { LogOut, UserMinus, UserPlus } from "lucide-react"
import { useState } from "react"
import { useActions } from "../../actions.ts"
import { useStore } from "../../model/external.ts"
import { toAgo, toDate } from "../../model/format.ts"
import { orgInvitesQuery, orgMembersQuery, orgQuery, queryClient, refreshOrg } from "../../queries.ts"
import { admin, sessionState } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button, IconButton } from "../../ui/button.tsx"
import { FormDialog } from "../../ui/dialog.tsx"
import { Face } from "../../ui/face.tsx"
import { Select } from "../../ui/form.tsx"
import { Blank, Bones, Failed, messageOf } from "../../ui/state.tsx"
import { InviteDialog, InviteLink, OpenInvites } from "./org-invites.tsx"
import { givable, givableNames, managesPeople, reaches } from "./org-roles.ts"

/** Who is in the organization, and who was asked to be. */
export function OrgMembersScreen() {
  const { o } = useParams({ from: "/signed-in/orgs/$o/members" })
  const org = useQuery(orgQuery(o))
  const role = org.data?.role
  const isPersonal = org.data?.personal === true
  const members = useQuery(orgMembersQuery(o))
  const mayInvite = managesPeople(role) && !isPersonal
  const invites = useQuery({ ...orgInvitesQuery(o), enabled: mayInvite })
  const [asking, setAsking] = useState(false)
  const [invited, setInvited] = useState<OrgInvited>()
  const [leaving, setLeaving] = useState<OrgMember>()
  useActions([
    mayInvite && {
      id: "invite",
      title: "Invite somebody",
      group: "Do",
      icon: UserPlus,
      keys: "n",
      run: () => setAsking(true),
    },
  ])
  return (
    <section className="pane grow" data-pane="" aria-label="Members">
      <div className="bar head course-end">
        <h1>Members</h1>
        {mayInvite && (
          <Button className="ml-auto" look="ink" icon={UserPlus} keys="n" onClick={() => setAsking(true)}>
            Invite
          </Button>
        )}
      </div>
      <div className="scroll">
        {members.isPending && <Bones heightPx={40} label="Loading members" />}
        {members.isError && (
          <Failed title="The members could not be read" error={members.error} onRetry={() => void members.refetch()} />
        )}
        {isPersonal && (
          <Blank title="Only you are here">
            <p>Your own organization has no other members. Make another one to work together.</p>
          </Blank>
        )}
        {members.data && !isPersonal && (
          <MemberTable o={o} members={members.data.items} role={role} onRemove={setLeaving} />
        )}
        {invites.data && invites.data.items.length > 0 && (
          <OpenInvites o={o} invites={invites.data.items} mayWithdraw={(one: OrgInvite) => reaches(role, one.role)} />
        )}
      </div>
      {asking && (
        <InviteDialog
          o={o}
          roles={givable(role)}
          onClose={() => setAsking(false)}
          onDone={(made) => {
            setAsking(false)
            setInvited(made)
          }}
        />
      )}
      {invited && <InviteLink invited={invited} onClose={() => setInvited(undefined)} />}
      {leaving && <RemoveMember o={o} member={leaving} onClose={() => setLeaving(undefined)} />}
    </section>
  )
}

function MemberTable({
  o,
  members,
  role,
  onRemove,
}: {
  o: string
  members: readonly OrgMember[]
  /** Of who looks. */
  role: OrgRole | undefined
  onRemove: (member: OrgMember) => void
}) {
  return (
    <table className="rows stack">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Email</th>
          <th scope="col" className="w-44">
            Role in all projects
          </th>
          <th scope="col" className="r w-32">
            Joined
          </th>
          <th scope="col" className="w-16">
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {members.map((member) => (
          <MemberRow key={member.userId} o={o} member={member} role={role} onRemove={() => onRemove(member)} />
        ))}
      </tbody>
    </table>
  )
}

function useIsMe(userId: string): boolean {
  const session = useStore(sessionState)
  return session.status === "in" && session.user.id === userId
}

function MemberRow({
  o,
  member,
  role,
  onRemove,
}: {
  o: string
  member: OrgMember
  role: OrgRole | undefined
  onRemove: () => void
}) {
  const isMe = useIsMe(member.userId)
  const mayChange = reaches(role, member.role)
  const change = useMutation({
    mutationFn: (next: OrgRole) => admin.organizations.changeRole(o, member.userId, next),
    onSettled: () => refreshOrg(o),
    onError: (error) => showToast({ tone: "bad", title: `${member.name} keeps the role`, text: messageOf(error) }),
  })
  return (
    <tr>
      <td>
        <span className="flex items-center gap-2.5">
          <Face quiet name={member.name} />
          <b className="font-medium cut">{member.name}</b>
          {isMe && <span className="tag">you</span>}
        </span>
      </td>
      <td className="text-fg-2">{member.email}</td>
      <td>
        {mayChange ? (
          <Select
            hideLabel
            label={`Role of ${member.name}`}
            value={change.isPending ? change.variables : member.role}
            choices={givableNames(role)}
            onChange={(next) => change.mutate(next)}
          />
        ) : (
          <span className="text-fg-2">{member.role}</span>
        )}
      </td>
      <td className="r text-fg-3" title={toDate(member.joinedAt)}>
        {toAgo(member.joinedAt, Date.now())}
      </td>
      <td className="acts">
        <div>
          {isMe && <IconButton icon={LogOut} label="Leave the organization" onClick={onRemove} />}
          {!isMe && mayChange && <IconButton icon={UserMinus} label={`Remove ${member.name}`} onClick={onRemove} />}
        </div>
      </td>
    </tr>
  )
}

function RemoveMember({ o, member, onClose }: { o: string; member: OrgMember; onClose: () => void }) {
  const isMe = useIsMe(member.userId)
  const navigate = useNavigate()
  const remove = useMutation({
    mutationFn: () => admin.organizations.remove(o, member.userId),
    onSuccess: async () => {
      onClose()
      if (isMe) await navigate({ to: "/projects", search: {} })
      refreshOrg(o)
      void queryClient.invalidateQueries({ queryKey: ["projects"] })
      showToast({ tone: "ok", title: isMe ? "You have left" : `${member.name} is no member any more` })
    },
  })
  return (
    <FormDialog
      title={isMe ? "Leave the organization" : `Remove ${member.name}`}
      submit={isMe ? "Leave" : "Remove member"}
      danger
      busy={remove.isPending}
      error={remove.error ? messageOf(remove.error) : undefined}
      onSubmit={() => remove.mutate()}
      onClose={onClose}
    >
      <p className="text-fg-2">
        {isMe ? "You see" : `${member.email} sees`} none of its projects from then on, and invites that were sent do
        nothing. What was made stays.
      </p>
    </FormDialog>
  )
}
