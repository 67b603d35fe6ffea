import { useMutation } from "@tanstack/react-query"
import { LogOut, UserMinus } from "lucide-react"
import { useStore } from "../../model/external.ts"
import { sessionState } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { IconButton } from "../../ui/button.tsx"
import { Face } from "../../ui/face.tsx"
import { Select } from "../../ui/form.tsx"
import { Acts, Ago, ListTable } from "../../ui/list.tsx"
import { messageOf } from "../../ui/state.tsx"

/** Somebody in a project, or in an organization: roles are words of the place. */
export interface Membership<R extends string> {
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly role: R
  readonly joinedAt: string
}

export type Roles<R extends string> = readonly (readonly [role: R, text: string])[]

interface Rights<R extends string> {
  /** The roles that whoever looks may give this member; none where they may change nothing of them. */
  readonly rolesFor: (member: Membership<R>) => Roles<R>
  readonly onChange: (member: Membership<R>, role: R) => Promise<unknown>
  /** After a change, and after one that was refused. */
  readonly onSettled: () => void
  readonly onRemove: (member: Membership<R>) => void
  /** What leaving is called, where everybody may. */
  readonly leave?: string
}

interface PeopleTableProps<R extends string> extends Rights<R> {
  readonly members: readonly Membership<R>[]
  /** The head of the column of roles. */
  readonly roleHead: string
}

/** Who is in, as what, and since when. */
export function PeopleTable<R extends string>({ members, roleHead, ...rights }: PeopleTableProps<R>) {
  return (
    <ListTable heads={["Name", "Email", [roleHead, "w-44"], ["Joined", "r w-32"]]} acts="w-16">
      {members.map((member) => (
        <PersonRow key={member.userId} member={member} {...rights} />
      ))}
    </ListTable>
  )
}

/** The id of who sits here. */
export function useMyId(): string | undefined {
  const session = useStore(sessionState)
  return session.status === "in" ? session.user.id : undefined
}

function PersonRow<R extends string>({
  member,
  rolesFor,
  onChange,
  onSettled,
  onRemove,
  leave,
}: Rights<R> & { readonly member: Membership<R> }) {
  const isMe = useMyId() === member.userId
  const roles = rolesFor(member)
  const change = useMutation({
    mutationFn: (role: R) => onChange(member, role),
    onSettled,
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
        {roles.length > 0 ? (
          <Select
            hideLabel
            label={`Role of ${member.name}`}
            value={change.isPending ? change.variables : member.role}
            choices={roles}
            onChange={(role) => change.mutate(role)}
          />
        ) : (
          <span className="text-fg-2">{member.role}</span>
        )}
      </td>
      <Ago head="joined" at={member.joinedAt} last />
      <Acts>
        {isMe && leave !== undefined && <IconButton icon={LogOut} label={leave} onClick={() => onRemove(member)} />}
        {(!isMe || leave === undefined) && roles.length > 0 && (
          <IconButton icon={UserMinus} label={`Remove ${member.name}`} onClick={() => onRemove(member)} />
        )}
      </Acts>
    </tr>
  )
}
