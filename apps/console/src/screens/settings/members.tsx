import type { Invite, Member, Role } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { Link, useParams } from "@tanstack/react-router"
import { UserMinus, UserPlus } from "lucide-react"
import { useState } from "react"
import { useActions } from "../../actions.ts"
import { useStore } from "../../model/external.ts"
import { toAgo, toDate } from "../../model/format.ts"
import { membersQuery, orgsQuery, projectQuery, refresh } from "../../queries.ts"
import { admin, sessionState } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button, CopyButton, IconButton } from "../../ui/button.tsx"
import { Dialog, FormDialog } from "../../ui/dialog.tsx"
import { Face } from "../../ui/face.tsx"
import { Field, Select } from "../../ui/form.tsx"
import { Bones, Failed, messageOf } from "../../ui/state.tsx"
import { fieldError, formError } from "../account-form.tsx"

const roles: readonly (readonly [Role, string])[] = [
  ["owner", "Owner"],
  ["admin", "Admin"],
  ["developer", "Developer"],
  ["viewer", "Viewer"],
]
const roleHints: readonly (readonly [Role, string])[] = [
  ["viewer", "Viewer, reads everything"],
  ["developer", "Developer, changes everything but members"],
  ["admin", "Admin, also members, but no owners"],
  ["owner", "Owner, also owners and the end of the project"],
]

/** Who works on the project. */
export function MembersScreen() {
  const { p } = useParams({ from: "/signed-in/projects/$p/settings/members" })
  const members = useQuery(membersQuery(p))
  const project = useQuery(projectQuery(p))
  const [inviting, setInviting] = useState(false)
  const [invite, setInvite] = useState<Invite>()
  const [leaving, setLeaving] = useState<Member>()
  const isOwner = project.data?.role === "owner"
  const mayInvite = isOwner || project.data?.role === "admin"
  useActions([
    mayInvite && {
      id: "invite",
      title: "Invite somebody",
      group: "Do",
      icon: UserPlus,
      keys: "n",
      run: () => setInviting(true),
    },
  ])
  return (
    <section className="pane grow" data-pane="" aria-label="Members">
      <div className="bar head course-end">
        <h1>Members</h1>
        {mayInvite && (
          <Button className="ml-auto" look="ink" icon={UserPlus} keys="n" onClick={() => setInviting(true)}>
            Invite
          </Button>
        )}
      </div>
      <div className="scroll">
        {project.data?.organization && <Inherited organization={project.data.organization} />}
        {members.isPending && <Bones heightPx={40} label="Loading members" />}
        {members.isError && (
          <Failed title="The members could not be read" error={members.error} onRetry={() => void members.refetch()} />
        )}
        {members.data && (
          <table className="rows stack">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Email</th>
                <th scope="col" className="w-44">
                  Role
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
              {members.data.items.map((member) => (
                <MemberRow
                  key={member.userId}
                  p={p}
                  member={member}
                  isOwner={isOwner}
                  canChange={isOwner || (mayInvite && member.role !== "owner")}
                  onRemove={() => setLeaving(member)}
                />
              ))}
            </tbody>
          </table>
        )}
        {members.data?.items.length === 1 && mayInvite && (
          <p className="p-4 text-fg-2">Only you so far. Whoever you invite gets a link to sign up with.</p>
        )}
      </div>
      {inviting && (
        <InviteDialog
          p={p}
          isOwner={isOwner}
          onClose={() => setInviting(false)}
          onDone={(next) => {
            setInviting(false)
            setInvite(next)
          }}
        />
      )}
      {invite && <InviteLink invite={invite} onClose={() => setInvite(undefined)} />}
      {leaving && <RemoveMember p={p} member={leaving} onClose={() => setLeaving(undefined)} />}
    </section>
  )
}

/** Members of the organization are in the project without being listed here. */
function Inherited({ organization }: { organization: { readonly id: string; readonly name: string } }) {
  const orgs = useQuery(orgsQuery())
  const isIn = orgs.data?.items.some(({ id, personal }) => id === organization.id && !personal)
  if (!isIn) return null
  return (
    <p className="p-4 text-fg-2">
      These are here for this project alone. So is everybody in{" "}
      <Link className="link" to="/orgs/$o/members" params={{ o: organization.id }}>
        {organization.name}
      </Link>
      , with the role that they have there.
    </p>
  )
}

function MemberRow({
  p,
  member,
  isOwner,
  canChange,
  onRemove,
}: {
  p: string
  member: Member
  /** Of who looks: only owners make owners. */
  isOwner: boolean
  canChange: boolean
  onRemove: () => void
}) {
  const session = useStore(sessionState)
  const isMe = session.status === "in" && session.user.id === member.userId
  const change = useMutation({
    mutationFn: (role: Role) => admin.members.change(p, member.userId, role),
    onSettled: () => refresh(p, "members"),
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
        {canChange ? (
          <Select
            hideLabel
            label={`Role of ${member.name}`}
            value={change.variables ?? member.role}
            choices={isOwner ? roles : roles.filter(([role]) => role !== "owner")}
            onChange={(role) => change.mutate(role)}
          />
        ) : (
          <span className="text-fg-2">{member.role}</span>
        )}
      </td>
      <td className="r text-fg-3" title={toDate(member.joinedAt)}>
        {toAgo(member.joinedAt, Date.now())}
      </td>
      <td className="acts">
        <div>{canChange && <IconButton icon={UserMinus} label={`Remove ${member.name}`} onClick={onRemove} />}</div>
      </td>
    </tr>
  )
}

function InviteDialog({
  p,
  isOwner,
  onDone,
  onClose,
}: {
  p: string
  isOwner: boolean
  onDone: (invite: Invite | undefined) => void
  onClose: () => void
}) {
  const [email, setEmail] = useState("")
  const [role, setRole] = useState<Role>("developer")
  const add = useMutation({
    mutationFn: () => admin.members.add(p, { email: email.trim(), role }),
    onSuccess: ({ member, invite }) => {
      refresh(p, "members")
      if (member) showToast({ tone: "ok", title: `${member.name} is a member`, text: member.role })
      onDone(invite ?? undefined)
    },
  })
  return (
    <FormDialog
      title="Invite somebody"
      submit="Invite"
      busy={add.isPending}
      disabled={!/^\S+@\S+$/.test(email.trim())}
      error={formError(add.error, ["email"])}
      onSubmit={() => add.mutate()}
      onClose={onClose}
    >
      <Field
        label="Email"
        type="email"
        autoFocus
        value={email}
        error={fieldError(add.error, "email")}
        hint="Somebody with an account here is a member at once. Anybody else gets a link."
        onChange={(event) => setEmail(event.target.value)}
      />
      <Select
        label="Role"
        value={role}
        choices={isOwner ? roleHints : roleHints.filter(([choice]) => choice !== "owner")}
        onChange={setRole}
      />
    </FormDialog>
  )
}

function InviteLink({ invite, onClose }: { invite: Invite; onClose: () => void }) {
  const link = `${location.origin}/invite/${invite.token}`
  return (
    <Dialog title={`Send this link to ${invite.email}`} onClose={onClose}>
      <div className="dialog-body">
        <p className="text-fg-2">
          It makes an account with the role {invite.role}. It works once, until {toDate(invite.expiresAt)}, and is not
          shown again.
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

function RemoveMember({ p, member, onClose }: { p: string; member: Member; onClose: () => void }) {
  const remove = useMutation({
    mutationFn: () => admin.members.remove(p, member.userId),
    onSuccess: () => {
      refresh(p, "members")
      showToast({ tone: "ok", title: `${member.name} is no member any more` })
      onClose()
    },
  })
  return (
    <FormDialog
      title={`Remove ${member.name}`}
      submit="Remove member"
      danger
      busy={remove.isPending}
      error={remove.error ? messageOf(remove.error) : undefined}
      onSubmit={() => remove.mutate()}
      onClose={onClose}
    >
      <p className="text-fg-2">{member.email} sees nothing of this project from then on. What they made stays.</p>
    </FormDialog>
  )
}
